import { assertEquals } from "@std/assert";
import { fixtureAnswer } from "../../../harness/unit/fixture.ts";
import { withFolder } from "../../../harness/unit/temporary_folder.ts";
import type { Action } from "./fixtures/reaping.ts";

function test(name: string, action: Action, expected: unknown): void {
  Deno.test(`reaper: ${name}`, () =>
    withFolder(async (folder) => {
      const program = import.meta.resolve("./fixtures/reaping.ts");
      assertEquals(await fixtureAnswer(program, action, folder), expected);
    }));
}

test(
  "50 orphans and 50 commands that end at once have the right statuses, and no zombie is left",
  "hundredAtOnce",
  { wrong: [], distinct: 50 },
);

test(
  "an exit before its pid is claimed is not forgotten",
  "claimAfterTheExit",
  { same: true, status: 3, inTime: true },
);

test("two starts at once each claim their own process", "twoStarts", [4, 5]);

test(
  "what was claimed while it ran is told after the start has ended",
  "exitAfterTheStart",
  128 + 15,
);

test("what is no child, or somebody's already, can't be claimed", "claimOfOthers", {
  unclaimed: true,
  others: [],
  reasons: [
    ...Array(3).fill("process N is another one of the shim's"),
    ...Array(3).fill("process N is no child of the shim"),
  ],
  statuses: [137, 137, 137],
});

test(
  "a process that a signal ends has 128 and the signal for its status",
  "signals",
  [128 + 9, 128 + 11, 128 + 15],
);

test(
  "an orphan that nobody claims is reaped and logged",
  "unclaimedOrphan",
  { same: true, status: 6, count: 1 },
);

test(
  "what fails where an exit is told keeps nobody from being reaped",
  "faultsWhereAnExitIsTold",
  { status: "Error", statuses: [3, 4], faults: ["claim", "claim", "onReaped"] },
);

test(
  "the output of a command is whole while orphans end around it",
  "outputsAmongOrphans",
  Array.from({ length: 20 }, (_, index) => `1 ${index}`),
);

test(
  "a command that can't be executed is an error, and the reaper goes on",
  "noSuchCommand",
  ["NotFound", 7],
);
