/** Finding a server for a `start` that nobody has taken at the first door, or spawning one. */
import { removeIfThere } from "../common/files.ts";
import { readSettings } from "../settings/settings.ts";
import { lockPath } from "./address.ts";
import type { Arguments } from "./arguments.ts";
import { connectTo, knock, type Listening, type Served } from "./door.ts";
import { spareDoor } from "./first_door.ts";
import { isAnswered } from "./is_answered.ts";
import { lockFile } from "./lock_file.ts";
import { isFound, optionsIn, planStart } from "./plan.ts";
import type { StartedProgram } from "./start.ts";

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
  const begin = async (args: Arguments) => {
    // Where no servers are shared the spare's is the first door, and `start` has been there.
    const spare = settings.share > 1
      ? await connectTo(spareDoor(name, args.address, settings.share))
        .then((door) => knock(door, args, input)).catch(() => undefined)
      : undefined;
    return spare ?? await spawn(args);
  };
  try {
    if (!isReusable || !plan.isPlain) return served(await spawn(args));
    if (plan.group !== undefined || settings.share === 1) return served(await begin(args));
    const { joinOrBegin } = await import("./shared.ts");
    const options = await optionsIn(input, params);
    return served(await joinOrBegin(plan.args, input, options, settings, begin));
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
