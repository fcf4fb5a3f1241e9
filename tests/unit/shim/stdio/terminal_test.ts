import { assertRejects } from "@std/assert";
import { join } from "@std/path";
import { Reactor } from "../../../../shim/process/reactor.ts";
import { Reaper } from "../../../../shim/process/reaper.ts";
import { DEFAULTS } from "../../../../shim/settings/settings.ts";
import { Terminal } from "../../../../shim/stdio/terminal.ts";
import { within } from "../../../harness/expect/within.ts";
import { expectNoNewDescriptors } from "../../../harness/unit/descriptors.ts";
import { LogRecorder } from "../../../harness/unit/log_recorder.ts";
import { withFolder } from "../../../harness/unit/temporary_folder.ts";

const logger = new LogRecorder();
const reactor = new Reactor(logger);

Deno.test("terminal: a logging program that fails is told, though the console socket is gone, too", () =>
  withFolder(async (folder) => {
    const reaper = new Reaper(logger);
    reaper.start();
    const context = { namespace: "test", logger, reactor, reaper, settings: DEFAULTS };
    const socket = join(folder, "console");
    const stdout = `binary:///bin/sh?-c=${encodeURIComponent(`rm ${socket}; exit 3`)}`;
    const paths = { stdin: "", stdout, stderr: "", terminal: true };
    await expectNoNewDescriptors(async () => {
      const opening = new Terminal(context, paths, socket).open("box");
      await within(60, "an end", assertRejects(() => opening, Error, "exit status 3"));
    });
  }));
