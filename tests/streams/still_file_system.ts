import { close, mount, open, OpenFlag, unmountAll } from "../../shim/libc/mod.ts";
import { eventually } from "../harness/expect/eventually.ts";
import { within } from "../harness/expect/within.ts";
import { findProcess } from "../harness/machine/processes.ts";
import { run } from "../harness/machine/shell.ts";

/** A file system that can stop to answer, and go on. */
export interface StillFileSystem extends AsyncDisposable {
  /** Where it is mounted. */
  readonly path: string;
  /** From now on whoever reads or writes there waits. */
  stop(): Promise<void>;
  /** Lets them go on. */
  goOn(): Promise<void>;
  /** The text of a file, once it goes on. */
  read(name: string): Promise<string>;
}

/** Whether there can be a {@linkcode fuseFileSystem}. */
export const hasFuse = isThere("/dev/fuse");
/** Whether there can be a {@linkcode frozenFileSystem}. */
export const hasLoop = isThere("/dev/loop-control") && isThere("/usr/sbin/mkfs.ext4");

function isThere(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}

/** One by FUSE: nothing at all is answered while it stands still, not even for a file that is closed. */
export async function fuseFileSystem(folder: string): Promise<StillFileSystem> {
  const [path, store] = [`${folder}/fuse`, `${folder}/fuse-files`];
  await Deno.mkdir(path);
  await Deno.mkdir(store);
  const fuse = open("/dev/fuse", OpenFlag.RDWR);
  mount("still", path, "fuse", 0, `fd=${fuse},rootmode=40000,user_id=0,group_id=0`);
  const program = new URL("fixtures/fuse_program.ts", import.meta.url).pathname;
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--quiet",
      "--allow-ffi",
      `--allow-read=${store}`,
      `--allow-write=${store}`,
      program,
      store,
    ],
    // Deno takes descriptors here, though its types do not say so.
    stdin: fuse as unknown as "null",
    stdout: fuse as unknown as "null",
    stderr: "piped",
  }).spawn();
  close(fuse);
  const told = child.stderr.getReader();
  await within(20, "a file system", told.read());
  void (async () => {
    const decoder = new TextDecoder();
    for (let part; (part = await told.read()).value !== undefined;) {
      console.error(decoder.decode(part.value));
    }
  })();
  const isStopped = () => findProcess(child.pid)?.state === "T";
  return {
    path,
    async stop() {
      child.kill("SIGSTOP");
      await eventually("a stopped file system", () => isStopped() || undefined);
    },
    async goOn() {
      child.kill("SIGCONT");
      await eventually("a file system that goes on", () => !isStopped() || undefined);
    },
    read: (name) => Deno.readTextFile(`${store}/${name}`),
    async [Symbol.asyncDispose]() {
      // What waits for it still gets an error then.
      child.kill("SIGKILL");
      await child.status;
      await unmountAll(path);
      await Deno.remove(path);
      await Deno.remove(store, { recursive: true });
    },
  };
}

/** One by ext4, which is frozen: what writes there waits (fsfreeze(8)). */
export async function frozenFileSystem(folder: string): Promise<StillFileSystem> {
  const [path, image] = [`${folder}/frozen`, `${folder}/frozen.img`];
  await Deno.mkdir(path);
  await run("truncate", "--size", "32M", image);
  await run("mkfs.ext4", "-q", image);
  await run("mount", "-o", "loop", image, path);
  let frozen = false;
  const goOn = async () => {
    if (frozen) await run("fsfreeze", "--unfreeze", path);
    frozen = false;
  };
  return {
    path,
    async stop() {
      await run("fsfreeze", "--freeze", path);
      frozen = true;
    },
    goOn,
    read: (name) => Deno.readTextFile(`${path}/${name}`),
    async [Symbol.asyncDispose]() {
      await goOn();
      await unmountAll(path);
      await Deno.remove(path);
      await Deno.remove(image);
    },
  };
}
