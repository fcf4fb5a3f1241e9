/** Many execs at once in one container. */

import { assertEquals } from "@std/assert";
import { eventually } from "../harness/expect/eventually.ts";
import { childrenOf, countDescriptors, untilDescriptors } from "../harness/machine/processes.ts";
import { DirectShim } from "../harness/shim/direct_shim.ts";
import { testBetterThanGo } from "../harness/suite/black_box.ts";
import { openReader, readToEnd } from "../harness/unit/descriptors.ts";

const id = "box";
const COUNT = 100;
const decoder = new TextDecoder();

// With the Go shim of 1.6 thirty take 15 s, and sixty never end.
testBetterThanGo(
  "a hundred execs at once: each has its output and its status, and leaves nothing",
  async (containerd) => {
    const shim = await DirectShim.run(containerd, id);
    const { tasks, bundle } = shim;
    const folder = `${bundle.path}/streams`;
    await Deno.mkdir(folder);
    const names = Array.from({ length: COUNT + 1 }, (_, index) => `exec-${index}`);
    const fifos = names.flatMap((name) => [`${folder}/${name}.out`, `${folder}/${name}.err`]);
    await new Deno.Command("mkfifo", { args: fifos }).output();
    // A FIFO that nobody reads is closed with what is in it.
    const readers = fifos.map(openReader);

    const live = async (name: string, index: number) => {
      const script = `echo out ${index}; echo err ${index} >&2; exit ${index}`;
      const path = `${folder}/${name}`;
      const pid = await shim.exec(name, ["sh", "-c", script], {
        stdout: `${path}.out`,
        stderr: `${path}.err`,
      });
      const { exitStatus } = await tasks.call("Wait", { id, execId: name });
      const deletion = await tasks.call("Delete", { id, execId: name });
      assertEquals([deletion.pid, deletion.exitStatus], [pid, exitStatus]);
      return exitStatus;
    };
    // What the shim opens for good it opens for the first.
    assertEquals(await live(names[COUNT], COUNT), COUNT);
    const before = countDescriptors(shim.pid);
    const statuses = await Promise.all(names.slice(0, COUNT).map(live));
    assertEquals(statuses, names.slice(0, COUNT).map((_, index) => index));
    await untilDescriptors(shim.pid, before);
    const { pid } = await tasks.call("State", { id });
    const others = () => childrenOf(shim.pid).filter((child) => child.pid !== pid);
    await eventually("init to be the only child left", () => others().length === 0 || undefined);

    const texts: string[] = [];
    for (const reader of readers) {
      texts.push(decoder.decode(await readToEnd(reader)));
      reader.close();
    }
    assertEquals(texts, names.flatMap((_, index) => [`out ${index}\n`, `err ${index}\n`]));
    await shim.end();
  },
);
