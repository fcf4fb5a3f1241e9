/** Spawning a server, for which there is neither a spare nor a shared one: as a rule the first `start` of a containerd needs that. */
import { join } from "@std/path/posix";
import { close, open, OpenFlag, pipe } from "../libc/descriptor.ts";
import { createCoreSchedulingCookie } from "../libc/process.ts";
import { BLOCKED_SIGNALS } from "../libc/signals.ts";
import { spawnProgram } from "../libc/spawn.ts";
import { DENO_VARIABLES, ownExecutable } from "../process/executable.ts";
import { givenOpenFiles } from "../process/open_files.ts";
import type { Arguments } from "./arguments.ts";
import type { Listening } from "./door.ts";
import { giveInput, sayAnswerGiven, serverArguments, waitUntilListening } from "./handshake.ts";
import { adjustOomScore } from "./oom_score.ts";
import {
  addTelemetryVariables,
  DENO_SWITCH,
  isTelemetryWanted,
  takeTelemetryVariables,
} from "./telemetry_variables.ts";

/**
 * Spawns a server, and waits until it listens: with telemetry if that is wanted and if Deno boots with it, as for a wrong setting of it
 * it does not.
 * @param args With the socket to serve on.
 * @throws {Error} If the server has ended before.
 */
export function startServer(args: Arguments, input: Uint8Array<ArrayBuffer>): Listening {
  Deno.env.delete(DENO_SWITCH);
  if (!isTelemetryWanted()) return spawnServer(args, input);
  addTelemetryVariables();
  try {
    return spawnServer(args, input);
  } catch {
    // Why, Deno has told the log.
    takeTelemetryVariables();
    return spawnServer(args, input);
  }
}

function spawnServer(args: Arguments, input: Uint8Array<ArrayBuffer>): Listening {
  if (Deno.env.get("SCHED_CORE")) createCoreSchedulingCookie();
  const stdin = pipe();
  const stdout = pipe();
  const errors = openLog(args.bundle);
  // The compiled form heeds these variables, too.
  for (const name of DENO_VARIABLES) Deno.env.delete(name);
  // The current directory is the bundle, which goes with its container; the server of a group stays.
  Deno.chdir("/");
  // In a session of its own it gets no signals of containerd's terminal or process group.
  const server = spawnProgram(ownExecutable(), {
    args: serverArguments(args),
    descriptors: [stdin.read, stdout.write, errors],
    newSession: true,
    blockedSignals: BLOCKED_SIGNALS,
    openFiles: givenOpenFiles(),
  });
  close(errors);
  adjustOomScore(server, Deno.ppid);
  giveInput(stdin, input);
  const isOwn = waitUntilListening(stdout);
  return { sayAnswerGiven: () => isOwn && sayAnswerGiven(stdin.write) };
}

/** Opens the bundle's log FIFO, for both directions so that it opens without a reader. */
function openLog(bundle: string): number {
  try {
    return open(join(bundle, "log"), OpenFlag.RDWR);
  } catch {
    return open("/dev/null", OpenFlag.WRONLY);
  }
}
