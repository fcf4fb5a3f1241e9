/** Runtimes that tell false pids: who has one of these gets no signal, and nothing of the container is left. */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { StatusCode } from "../../shim/ttrpc/mod.ts";
import { installCrun } from "../harness/containerd/crun.ts";
import type { PrivateContainerd } from "../harness/containerd/private_containerd.ts";
import { runcOptions } from "../harness/containerd/runtime_options.ts";
import { eventually } from "../harness/expect/eventually.ts";
import { expectStatus } from "../harness/expect/expect_status.ts";
import { within } from "../harness/expect/within.ts";
import { descendantsOf, isAlive } from "../harness/machine/processes.ts";
import { expectProgram } from "../harness/machine/programs.ts";
import { DirectShim } from "../harness/shim/direct_shim.ts";
import { processSpec } from "../harness/shim/task_client.ts";
import { testBetterThanGo } from "../harness/suite/black_box.ts";

const id = "box";
const exec = { id, execId: "visitor" };
/** containerd.v1.types.Status */
const RUNNING = 2;

/** Makes a runtime that writes `text` in place of the pid that another one writes at its command `command`. */
async function makeLiar(
  { folder }: PrivateContainerd,
  runtime: string,
  command: string,
  text: string,
): Promise<{ path: string } & AsyncDisposable> {
  const path = `${folder}/liar`;
  const script = `#!/bin/sh
for argument; do
  [ "$last" = --pid-file ] && file=$argument
  last=$argument
done
${runtime} "$@" || exit
case " $* " in *" ${command} "*) printf %s '${text}' > $file; esac
`;
  await Deno.writeTextFile(path, script, { mode: 0o755 });
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path) };
}

/** A process that has nothing to do with containers. */
class Innocent {
  readonly #child = new Deno.Command("sleep", { args: ["1000"] }).spawn();

  get pid(): number {
    return this.#child.pid;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.status;
  }
}

/** What there may be in place of a pid, and the reason why it is refused. */
const LIES: [name: string, text: (pids: Record<string, number>) => string, reason: string][] = [
  ["an innocent process", ({ innocent }) => `${innocent}`, " is no child of the shim"],
  ["the shim", ({ shim }) => `${shim}`, " is no child of the shim"],
  ["PID 1", () => "1", "process 1 is no child of the shim"],
  ["no process", () => "4194303", "process 4194303 is no child of the shim"],
  ["more than a pid", () => "4294967297", "expected a pid in "],
  ["garbage", () => "garbage", "expected a pid in "],
  ["nothing", () => "", "expected a pid in "],
];

for (const name of ["runc", "crun"]) {
  for (const terminal of [false, true]) {
    const how = terminal ? " with a terminal" : "";
    for (const [who, text, reason] of terminal ? LIES.slice(0, 1) : LIES) {
      testBetterThanGo(`${name}: the pid of ${who} is no init's${how}`, async (containerd) => {
        await using crun = await installCrun(containerd);
        await using innocent = new Innocent();
        const shim = await DirectShim.start(containerd, id, { terminal });
        const { tasks, bundle } = shim;
        const told = text({ innocent: innocent.pid, shim: shim.pid });
        const runtime = name === "crun" ? crun.path : expectProgram(name);
        await using liar = await makeLiar(containerd, runtime, "create", told);
        const options = runcOptions({ binaryName: liar.path });
        const create = within(
          10,
          "an end of Create",
          shim.create(containerd, { options, terminal }),
        );
        const message = await expectStatus(StatusCode.UNKNOWN, create);
        assertStringIncludes(message, "OCI runtime create failed: expected ");
        assertStringIncludes(message, `${bundle.path}/init.pid`);
        assertStringIncludes(message, reason);
        await expectStatus(StatusCode.NOT_FOUND, tasks.call("Kill", { id, signal: 9 }));
        await expectStatus(StatusCode.NOT_FOUND, tasks.call("Delete", { id }));
        await eventually("no process", () => descendantsOf(shim.pid).length === 0 || undefined);
        await shim.shutDown();
        assertEquals(isAlive(innocent.pid), true);
      });

      testBetterThanGo(`${name}: the pid of ${who} is no exec's${how}`, async (containerd) => {
        await using crun = await installCrun(containerd);
        await using innocent = new Innocent();
        const shim = await DirectShim.start(containerd, id);
        const { tasks } = shim;
        const told = text({ innocent: innocent.pid, shim: shim.pid });
        const runtime = name === "crun" ? crun.path : expectProgram(name);
        await using liar = await makeLiar(containerd, runtime, "exec", told);
        const init = await shim.create(containerd, {
          options: runcOptions({ binaryName: liar.path }),
        });
        await tasks.call("Start", { id });
        await tasks.call("Exec", { ...exec, terminal, spec: processSpec(["sleep", "1000"]) });
        const start = within(30, "an end of Start", tasks.call("Start", exec));
        const message = await expectStatus(StatusCode.UNKNOWN, start);
        assertStringIncludes(message, "OCI runtime exec failed: expected ");
        assertStringIncludes(message, reason);
        await expectStatus(StatusCode.NOT_FOUND, tasks.call("Kill", { ...exec, signal: 9 }));
        assertEquals((await tasks.call("Wait", exec)).exitStatus, 255);
        await tasks.call("Delete", exec);
        const others = () => descendantsOf(shim.pid).filter(({ pid }) => pid !== init);
        await eventually("init alone", () => others().length === 0 || undefined)
          .catch(() => assertEquals(others(), []));
        assertEquals((await tasks.call("State", { id })).status, RUNNING);
        assertEquals(isAlive(innocent.pid), true);
        await shim.end();
      });
    }
  }
}

testBetterThanGo("the pid of init is no exec's", async (containerd) => {
  const shim = await DirectShim.start(containerd, id);
  const { tasks, bundle } = shim;
  const liar = `${bundle.path}/liar`;
  const script = `#!/bin/sh
runc "$@" || exit
case " $* " in *" exec "*) cat ${bundle.path}/init.pid > ${bundle.path}/visitor.exec.pid; esac
`;
  await Deno.writeTextFile(liar, script, { mode: 0o755 });
  const init = await shim.create(containerd, { options: runcOptions({ binaryName: liar }) });
  await tasks.call("Start", { id });
  await tasks.call("Exec", { ...exec, spec: processSpec(["sleep", "1000"]) });
  const message = await expectStatus(StatusCode.UNKNOWN, tasks.call("Start", exec));
  assertStringIncludes(message, `process ${init} is another one of the shim's`);
  assertEquals((await tasks.call("State", { id })).status, RUNNING);
  await shim.end();
});

testBetterThanGo(
  "delete kills the container, whatever pid is in its bundle",
  async (containerd) => {
    await using innocent = new Innocent();
    const shim = await DirectShim.run(containerd, id);
    const init = (await shim.tasks.call("State", { id })).pid;
    await Deno.writeTextFile(`${shim.bundle.path}/init.pid`, `${innocent.pid}`);
    Deno.kill(shim.pid, "SIGKILL");
    await shim.tasks.client.closed;
    assertEquals((await shim.bundle.delete(containerd)).code, 0);
    await eventually("an end of init", () => !isAlive(init) || undefined);
    assertEquals(isAlive(innocent.pid), true);
    await shim.bundle.remove();
  },
);
