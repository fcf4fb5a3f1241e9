import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { join } from "@std/path";
import { CheckpointOptions } from "../../../proto/mod.ts";
import { decodeCheckpointOptions, expectCheckpoint, runCriu } from "../../../runc/checkpoint.ts";
import { StatusCode, StatusError } from "../../../shim/ttrpc/mod.ts";
import { withFolder } from "../../harness/unit/temporary_folder.ts";

const TYPE = "containerd.runc.v1.CheckpointOptions";

/** As criu 4.2 writes it. */
const LOG = `(00.050074) Running pre-dump scripts
(00.050076) Error (criu/util.c:1534): rlimit: Can't setup it: Operation not permitted
Error (criu/util.c:642): execvp("iptables-restore", ...) failed: No such file or directory
(00.154585) Error (criu/util.c:657): exited, status=1
(00.155213) Error (criu/util.c:657): exited, status=1
(00.155214) pie: 1: Error (criu/pie/restorer.c:1): Can't (really) do it
(00.160052) Warn  (criu/x.c:1): Unseizing 19306 into 1
(00.160106) Error (criu/cr-dump.c:1975): Dumping FAILED.
`;

const ERRORS = [
  "rlimit: Can't setup it: Operation not permitted",
  'execvp("iptables-restore", ...) failed: No such file or directory',
  "exited, status=1",
  "Can't (really) do it",
  "Dumping FAILED.",
];

Deno.test("checkpoint: options that were given, and none", () => {
  const defaults = CheckpointOptions.decode(new Uint8Array());
  for (const any of [undefined, null, {}, { typeUrl: "" }, { typeUrl: TYPE }]) {
    assertEquals(decodeCheckpointOptions(any), defaults);
  }
  const value = CheckpointOptions.encode({ exit: true, emptyNamespaces: ["network"] }).finish();
  for (const host of ["", "types.containerd.io/", "type.googleapis.com/"]) {
    const options = decodeCheckpointOptions({ typeUrl: host + TYPE, value });
    assertEquals([options.exit, options.emptyNamespaces], [true, ["network"]]);
  }
});

Deno.test("checkpoint: options of another type, or that can't be decoded, are refused", () => {
  for (
    const [typeUrl, value, reason] of [
      ["containerd.runc.v1.Options", [], `expected checkpoint options of the type ${TYPE}`],
      [TYPE, [0xff], "can't decode the checkpoint options"],
    ] as const
  ) {
    const decode = () => decodeCheckpointOptions({ typeUrl, value: new Uint8Array(value) });
    const error = assertThrows(decode, StatusError, reason);
    assertEquals(error.code, StatusCode.INVALID_ARGUMENT);
  }
});

Deno.test("checkpoint: a folder without an inventory is none", () =>
  withFolder(async (folder) => {
    const error = await assertRejects(() => expectCheckpoint(folder), StatusError, folder);
    assertEquals(error.code, StatusCode.INVALID_ARGUMENT);
    Deno.writeTextFileSync(join(folder, "inventory.img"), "");
    await expectCheckpoint(folder);
  }));

Deno.test("checkpoint: a failure has criu's errors, each once, and where its log is kept", () =>
  withFolder(async (folder) => {
    const log = join(folder, "dump.log");
    const kept = join(folder, "kept.log");
    const fail = () => {
      Deno.writeTextFileSync(log, LOG);
      return Promise.reject(new Error("criu failed: errno 0\nlog file: x"));
    };
    const { message } = await assertRejects(() => runCriu(fail, log, kept), Error);
    const reasons = ERRORS.join("; ");
    assertEquals(
      message,
      `criu failed: errno 0: ${reasons} (all that criu has logged is in ${kept})`,
    );
    assertEquals(Deno.readTextFileSync(kept), LOG);
  }));

Deno.test("checkpoint: a failure whose log can't be kept has criu's errors all the same", () =>
  withFolder(async (folder) => {
    const log = join(folder, "dump.log");
    const fail = async () => {
      await Deno.writeTextFile(log, LOG);
      throw new Error("criu failed");
    };
    // A folder.
    const { message } = await assertRejects(() => runCriu(fail, log, folder), Error);
    const lost = "(all that criu has logged is lost: Is a directory";
    assertEquals(message.startsWith(`criu failed: ${ERRORS.join("; ")} ${lost}`), true, message);
  }));

Deno.test("checkpoint: a failure without criu tells nothing of an earlier one", () =>
  withFolder(async (folder) => {
    const log = join(folder, "dump.log");
    Deno.writeTextFileSync(log, LOG);
    const error = new Error("criu is not there");
    assertEquals(await assertRejects(() => runCriu(() => Promise.reject(error), log, log)), error);
  }));

Deno.test("checkpoint: a success leaves criu's log alone", () =>
  withFolder(async (folder) => {
    const log = join(folder, "dump.log");
    await runCriu(() => Deno.writeTextFile(log, LOG), log, join(folder, "kept.log"));
    assertEquals([...Deno.readDirSync(folder)].map(({ name }) => name), ["dump.log"]);
  }));
