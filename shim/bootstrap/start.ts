/**
 * The action `start`: leaves a server behind, or finds the one of the same group, and answers with its address. What it needs where there
 * is a spare, as there is as a rule, is here; all else is in find_server.ts.
 */
import type { Arguments } from "./arguments.ts";
import { knockIfThere, type Served } from "./door.ts";
import { takeInput } from "./input.ts";
import { sparePath } from "./spare_path.ts";
import { readStartParams, socketFolder } from "./start_params.ts";

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
  const input = takeInput();
  const server = await takeSpare(args, input, program) ?? await findServer(args, input, program);
  giveAnswer(server.answer);
  await server.sayAnswerGiven();
}

async function takeSpare(
  args: Arguments,
  input: Uint8Array<ArrayBuffer>,
  { isReusable = false }: StartedProgram,
): Promise<Served | undefined> {
  if (!isReusable) return undefined;
  const folder = socketFolder(readStartParams(input, args));
  return await knockIfThere(sparePath(args.address, folder), args, input);
}

async function findServer(
  args: Arguments,
  input: Uint8Array<ArrayBuffer>,
  program: StartedProgram,
): Promise<Served> {
  const other = await import("./find_server.ts");
  return await other.findServer(args, input, program);
}
