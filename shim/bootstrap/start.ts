/**
 * The action `start`: leaves a server behind, or finds the one of the same group, and answers with its address. What it needs where a
 * server that runs already takes the container, as a rule the spare, is here; all else is in find_server.ts.
 */
import type { Arguments } from "./arguments.ts";
import { connectTo, knock, type Served } from "./door.ts";
import { firstDoor } from "./first_door.ts";
import { takeInput } from "./input.ts";

/** What is started: of a program, see run.ts, what `start` needs of it. */
export interface StartedProgram {
  readonly name: string;
  /** Whether its servers can have several containers, one after the other or at a time. */
  readonly isReusable?: boolean;
}

/**
 * Does the action.
 * @param giveAnswer Writes the answer to standard output. Nothing else may be written there, nor to standard error.
 * @throws {Error} If no server listens, or the answer can't be given; nothing is left of a server that was begun.
 */
export async function start(
  args: Arguments,
  program: StartedProgram,
  giveAnswer: (answer: Uint8Array) => void,
): Promise<void> {
  const server = await findServer(args, program);
  giveAnswer(server.answer);
  await server.sayAnswerGiven();
}

async function findServer(args: Arguments, program: StartedProgram): Promise<Served> {
  // Nobody is there at first; and who is may have been killed, or hang.
  const none = () => undefined;
  const door = program.isReusable
    ? await connectTo(firstDoor(program.name, args.address)).catch(none)
    : undefined;
  const input = takeInput();
  const taken = door && await knock(door, args, input).catch(none);
  if (taken !== undefined) return taken;
  const other = await import("./find_server.ts");
  return await other.findServer(args, input, program);
}
