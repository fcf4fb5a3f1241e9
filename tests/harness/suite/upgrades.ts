/**
 * Tests that put other versions of containerd and runc in the place of those that run, which have the same folders and sockets.
 *
 * `CONTAINERD_FOLDERS` names the root folders of their versions, the oldest first, with colons between them; `deno task test:matrix`
 * sets it.
 */
import { within } from "../expect/within.ts";
import { readVersion } from "../machine/programs.ts";
import { expectNoLeaks, removeTraces, takeTraces } from "./leaks.ts";
import type { SharedDaemon } from "./shared_daemon.ts";

/** A version of containerd and of what it needs. */
export interface Version {
  /** Of containerd: `1.7.24`. */
  readonly name: string;
  /** Puts it in the place of another one, to be called while no containerd runs. */
  put(): Promise<void>;
}

const folders = Deno.env.get("CONTAINERD_FOLDERS")?.split(":") ?? [];

/** Registers two tests with changing versions of containerd: from the oldest up to the newest and down again, and the other way round. */
export function testChanges<Daemon extends SharedDaemon>(
  name: string,
  start: () => Promise<Daemon>,
  body: Body<Daemon>,
): void {
  if (folders.length < 2) {
    Deno.test.ignore(`upgrades: ${name} (needs several containerds: test:matrix)`, () => {});
    return;
  }
  register(`upgrades: ${name}`, start, body, (versions) => [...versions, ...downFrom(versions)]);
  register(`downgrades: ${name}`, start, body, (versions) => {
    const down = downFrom(versions);
    return [versions.at(-1)!, ...down, ...down.toReversed().slice(1), versions.at(-1)!];
  });
}

/**
 * What a test does with the containerd that it has.
 * @param changes The versions that are to be put in the place of the first one, one after the other.
 */
type Body<Daemon> = (daemon: Daemon, changes: Version[], first: Version) => Promise<void>;

/** The versions below the newest, down to 1.7: containerd 1.6 can't take over the state of later ones. */
function downFrom(versions: readonly Version[]): Version[] {
  return versions.slice(0, -1).reverse().filter(({ name }) => name >= "1.7");
}

/** @param order All versions that the test is to have, made of those that there are, the oldest first. */
function register<Daemon extends SharedDaemon>(
  name: string,
  start: () => Promise<Daemon>,
  body: Body<Daemon>,
  order: (versions: Version[]) => Version[],
): void {
  Deno.test({
    name,
    sanitizeOps: false,
    sanitizeResources: false,
    async fn() {
      const before = takeTraces();
      const place = await Deno.makeTempDir({ prefix: "upgrade-" });
      const path = Deno.env.get("PATH");
      const [first, ...changes] = order(folders.map((folder) => versionIn(folder, place)));
      await first.put();
      Deno.env.set("PATH", `${searchPath(`${place}/now`)}:${path}`);
      let daemon: Daemon | undefined;
      try {
        daemon = await start();
        await within(300, "an end of the test", body(daemon, changes, first));
        await daemon[Symbol.asyncDispose]();
        await Deno.remove(place, { recursive: true });
        await expectNoLeaks(before);
      } catch (error) {
        console.error(`logged meanwhile:\n${daemon?.logs.join("\n")}`);
        await removeTraces(before).catch(console.error);
        throw error;
      } finally {
        Deno.env.set("PATH", path!);
      }
    },
  });
}

/** The programs of the version that is in place, for containerd, ctr and shims that run already, have always the same paths. */
function versionIn(folder: string, place: string): Version {
  return {
    name: readVersion("containerd", searchPath(folder)),
    async put() {
      await Deno.symlink(folder, `${place}/next`);
      await Deno.rename(`${place}/next`, `${place}/now`);
    },
  };
}

function searchPath(folder: string): string {
  return `${folder}/usr/sbin:${folder}/usr/bin`;
}
