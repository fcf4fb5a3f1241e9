import { assert, assertEquals, assertLess } from "@std/assert";
import { join } from "@std/path";
import { LogFifo } from "../../../../shim/server/log_fifo.ts";
import { makeFifos, withFolder } from "../../../harness/unit/temporary_folder.ts";

const line = (text: string) => new TextEncoder().encode(text + "\n");

/** Reads what is in a FIFO now, up to a line that ends it. */
async function readFifo(
  path: string,
  fifo: LogFifo,
): Promise<string[]> {
  using file = await Deno.open(path, { read: true });
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(65536);
  let text = "";
  do {
    fifo.write(line("END"));
    text += decoder.decode(buffer.subarray(0, (await file.read(buffer))!), { stream: true });
  } while (!text.endsWith("END\n"));
  return text.split("\n").filter((each) => each !== "END" && each !== "");
}

Deno.test("log FIFO: without a reader it takes lines, and a reader that comes later gets them", () =>
  withFolder(async (folder) => {
    const path = join(folder, "log");
    makeFifos(path);
    const fifo = new LogFifo(path);
    fifo.write(line("one"));
    fifo.write(line("two"));
    assertEquals(await readFifo(path, fifo), ["one", "two"]);
    // The reader has gone: the next one goes on.
    fifo.write(line("three"));
    assertEquals(await readFifo(path, fifo), ["three"]);
  }));

Deno.test("log FIFO: a full one neither blocks nor fails, and takes lines again when it was read", () =>
  withFolder(async (folder) => {
    const path = join(folder, "log");
    makeFifos(path);
    const fifo = new LogFifo(path);
    const lines = Array.from({ length: 20_000 }, (_, index) => `line ${index}`);
    for (const each of lines) fifo.write(line(each));
    const read = await readFifo(path, fifo);
    assertEquals(read, lines.slice(0, read.length));
    assert(read.length > 1000);
    assertLess(read.length, lines.length);
    fifo.write(line("after"));
    assertEquals(await readFifo(path, fifo), ["after"]);
  }));

Deno.test("log FIFO: without one all is dropped", () =>
  withFolder(async (folder) => {
    const fifo = new LogFifo(join(folder, "log"));
    fifo.write(line("lost"));
    fifo.close();
    assertEquals(await Array.fromAsync(Deno.readDir(folder)), []);
  }));
