/** The room that a server has for the shims of several containers, see bootstrap/shared.ts. */
import { newDoor, planStart, removeIfEmpty, type Start } from "../bootstrap/mod.ts";
import { Door } from "./door.ts";
import type { ServerProcess } from "./server_process.ts";

/** Counts the shims that a server runs, and lets further ones in. */
export class Room implements Disposable {
  readonly #limit: number;
  #taken = 0;
  #isOpen = false;
  #door: Door | undefined;

  /**
   * @param folder The folder of the doors; empty if the server is for one shim at a time.
   * @param take Is given a `start` that comes in by the door.
   */
  constructor(
    private readonly server: ServerProcess,
    private readonly folder: string,
    private readonly take: (start: Start) => void,
  ) {
    this.#limit = folder === "" ? 1 : server.settings.share;
  }

  /** Whether it has none. */
  get isEmpty(): boolean {
    return this.#taken === 0;
  }

  /** To be called when a shim begins. */
  enter(): void {
    this.#taken++;
    this.#changed();
  }

  /** To be called when one has ended. */
  leave(): void {
    this.#taken--;
    this.#changed();
  }

  /** Lets further shims in from now on, as long as there is room and a shim. */
  open(): void {
    this.#isOpen = true;
    this.#changed();
  }

  /** Lets no further shim in. */
  close(): void {
    this.#isOpen = false;
    this.#changed();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  private get hasRoom(): boolean {
    return this.#isOpen && this.#taken > 0 && this.#taken < this.#limit;
  }

  /** Opens or closes the door. No container depends on that: if it fails, the server only goes on without a door. */
  #changed(): void {
    try {
      // A `start` that was not answered in time has removed it.
      if (this.#door !== undefined && !(this.hasRoom && this.#door.isThere)) this.#closeDoor();
      if (this.#door === undefined && this.hasRoom) this.#openDoor();
    } catch (error) {
      this.server.log.warn("the server can't be shared for now", { error });
    }
  }

  #openDoor(): void {
    Deno.mkdirSync(this.folder, { recursive: true, mode: 0o700 });
    this.#door = new Door(newDoor(this.folder), {
      // Who comes here inherits the same, as the folder is named after that. A server that has joined a cgroup, as its options asked for,
      // is not what `start` would spawn.
      isReady: () => this.hasRoom && this.server.isUnchanged,
      plan: ({ args }, input) => planStart(args, input, this.server.settings.protocol),
      take: (start) => {
        const hasRoom = this.hasRoom;
        if (hasRoom) this.take(start);
        return hasRoom;
      },
    });
  }

  #closeDoor(): void {
    const door = this.#door;
    this.#door = undefined;
    door?.[Symbol.dispose]();
    removeIfEmpty(this.folder);
  }
}
