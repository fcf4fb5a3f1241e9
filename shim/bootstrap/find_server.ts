/** Finding a server for a `start` that nobody has taken at the first door, or spawning one. */
import { removeIfThere } from "../common/files.ts";
import { readSettings } from "../settings/settings.ts";
import { lockPath } from "./address.ts";
import type { Arguments } from "./arguments.ts";
import { connectTo, knock, type Listening, type Served } from "./door.ts";
import { isAnswered } from "./is_answered.ts";
import { lockFile } from "./lock_file.ts";
import { isFound, planStart } from "./plan.ts";
import type { StartedProgram } from "./start.ts";
import { sparePath } from "./spare_path.ts";
import type { StartParams } from "./start_params.ts";

/**
 * Finds a server, or spawns one, and waits until it listens.
 * @param input What came on standard input.
 * @throws {Error} If no server listens; nothing is left of one that was begun.
 */
export async function findServer(
  args: Arguments,
  input: Uint8Array<ArrayBuffer>,
  { name, isReusable }: StartedProgram,
): Promise<Served> {
  const settings = await readSettings(name);
  const plan = await planStart(args, input, settings.protocol);
  const { answer, params, args: { socket } } = plan;
  const served = ({ sayAnswerGiven }: Listening) => ({ answer, sayAnswerGiven });
  if (await isFound(socket)) return { answer, sayAnswerGiven() {} };
  const spawn = async (args: Arguments) => {
    const { startServer } = await import("./start_server.ts");
    return startServer({ ...args, socket }, input);
  };
  try {
    if (!isReusable || !plan.isPlain || plan.group !== undefined || settings.share === 1) {
      return served(await spawn(args));
    }
    const { joinOrBegin } = await import("./shared.ts");
    const options = await optionsIn(input, params);
    return served(
      await joinOrBegin(plan.args, input, options, settings, async (args) => {
        const taken = connectTo(sparePath(args.address)).then((door) => knock(door, args, input));
        return await taken.catch(() => undefined) ?? await spawn(args);
      }),
    );
  } catch (error) {
    await removeLeft(socket);
    throw error;
  }
}

/** Removes the socket that a killed server has left. */
async function removeLeft(socket: string): Promise<void> {
  using _lock = await lockFile(lockPath(socket));
  if (!isAnswered(socket)) removeIfThere(socket);
}

/** What containerd has given on standard input, without the container's name. */
async function optionsIn(
  input: Uint8Array,
  params: StartParams | undefined,
): Promise<Uint8Array> {
  if (params === undefined) return input;
  const { BootstrapParams } = await import("../../proto/mod.ts");
  return BootstrapParams.encode({ ...BootstrapParams.decode(input), instanceId: "" }).finish();
}
