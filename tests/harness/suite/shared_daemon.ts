import { within } from "../expect/within.ts";
import { hangReport } from "./hang_report.ts";
import { expectNoLeaks, removeTraces, takeTraces } from "./leaks.ts";

/** What the tests of a file share. */
export interface SharedDaemon {
  /** Ends it, and removes what it left. */
  [Symbol.asyncDispose](): Promise<void>;
  /** What it, and each daemon that belongs to it, has logged since its first start. */
  readonly logs: readonly string[];
}

/** Registers a test, unless it is to be ignored. */
export type Register<Daemon> = (
  name: string,
  body: (daemon: Daemon) => Promise<void>,
  ignore?: boolean,
) => void;

/**
 * Answers what registers tests that share one daemon, which is started for the first of them. A test fails
 * when it leaves anything behind: a process, mount, cgroup, socket or file. After a failure the next test
 * gets a new daemon.
 */
export function testsWith<Daemon extends SharedDaemon>(
  start: () => Promise<Daemon>,
): Register<Daemon> {
  let daemon: Daemon | undefined;
  Deno.test.afterAll(async () => {
    await daemon?.[Symbol.asyncDispose]();
  });
  return (name, body, ignore = false) => {
    // Deno's own sanitizers would take what follows a daemon's log for a leak of the test.
    Deno.test({ name, ignore, sanitizeOps: false, sanitizeResources: false }, async () => {
      const current = daemon ??= await start();
      const logged = current.logs.map(({ length }) => length);
      const before = takeTraces();
      try {
        await within(120, "an end of the test", body(current));
        await expectNoLeaks(before);
      } catch (error) {
        const logs = current.logs.map((log, index) => log.slice(logged[index]));
        console.error(`logged meanwhile:\n${logs.join("\n")}`);
        if (error instanceof Deno.errors.TimedOut) console.error(hangReport());
        daemon = undefined;
        await removeTraces(before).catch(console.error);
        await current[Symbol.asyncDispose]().catch(console.error);
        throw error;
      }
    });
  };
}
