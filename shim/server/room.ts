/** The room that a server has for shims: for one, or for those of several containers, see bootstrap/shared.ts. */
import type { Start } from "../bootstrap/mod.ts";
import type { Doors } from "./doors.ts";
import type { ServerProcess } from "./server_process.ts";

/** Counts the shims that a server runs, and lets further ones in. */
export class Room implements Disposable {
  #taken = 0;
  #isOpen = false;

  /** @param doors Undefined if the server is for one shim at a time. */
  private constructor(
    private readonly limit: number,
    private readonly doors: Doors | undefined,
  ) {}

  /**
   * The room of a server.
   * @param first The `start` that the server has begun with.
   * @param take Is given a `start` that comes in by a door.
   */
  static async of(
    server: ServerProcess,
    first: Start,
    take: (start: Start) => void,
  ): Promise<Room> {
    if (first.args.doors === "") return new Room(1, undefined);
    const { Doors } = await import("./doors.ts");
    return new Room(server.settings.share, new Doors(server, first, take));
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

  #changed(): void {
    this.doors?.update(this.#isOpen && this.#taken > 0 && this.#taken < this.limit);
  }
}
