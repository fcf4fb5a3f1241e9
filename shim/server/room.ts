/** The room that a server has for the shims of several containers, see bootstrap/shared.ts. */
import {
  doorsOf,
  firstDoor,
  type Knock,
  newDoor,
  optionsIn,
  type Plan,
  planStart,
  removeIfEmpty,
  type Start,
} from "../bootstrap/mod.ts";
import { Door, type Doorkeeper, openDoorAt } from "./door.ts";
import type { ServerProcess } from "./server_process.ts";

/** Counts the shims that a server runs, and lets further ones in. */
export class Room implements Disposable {
  /** The folder of the doors; empty if the server is for one shim at a time. */
  readonly #folder: string;
  readonly #limit: number;
  #taken = 0;
  #isOpen = false;
  #door: Door | undefined;
  #firstDoor: Door | undefined;

  /**
   * @param first The `start` that the server has begun with.
   * @param take Is given a `start` that comes in by a door.
   */
  constructor(
    private readonly server: ServerProcess,
    private readonly first: Start,
    private readonly take: (start: Start) => void,
  ) {
    this.#folder = first.args.doors;
    this.#limit = this.#folder === "" ? 1 : server.settings.share;
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

  get #hasRoom(): boolean {
    return this.#isOpen && this.#taken > 0 && this.#taken < this.#limit;
  }

  /** Opens or closes the doors. No container depends on that: if it fails, the server only goes on without a door. */
  #changed(): void {
    try {
      // A `start` that was not answered in time has removed it.
      if (this.#door !== undefined && !(this.#hasRoom && this.#door.isThere)) this.#closeDoors();
      if (this.#door === undefined && this.#hasRoom) this.#openDoors();
    } catch (error) {
      this.server.log.warn("the server can't be shared for now", { error });
    }
  }

  #openDoors(): void {
    Deno.mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    const { server } = this;
    const keeper: Doorkeeper = {
      // A server that has joined a cgroup, as its options asked for, is not what `start` would spawn.
      isReady: () => this.#hasRoom && server.isUnchanged,
      // Who comes here is of the same kind, as the folder is named after that.
      plan: ({ args }, input) => planStart(args, input, server.settings.protocol),
      take: (start) => {
        const hasRoom = this.#hasRoom;
        if (hasRoom) this.take(start);
        return hasRoom;
      },
    };
    const door = this.#door = new Door(newDoor(this.#folder), keeper);
    const first = { ...keeper, plan: this.#planIfSameKind.bind(this) };
    // Nobody need wait for this one, at which a server of another kind may be.
    openDoorAt(firstDoor(server.program, this.first.args.address), first).then(
      (opened) => this.#door === door ? this.#firstDoor = opened : opened?.[Symbol.dispose](),
      (error) => server.log.warn("the server is not found at once", { error }),
    );
  }

  /** Plans what would have its doors in the same folder. */
  async #planIfSameKind(
    { args, caller }: Knock,
    input: Uint8Array<ArrayBuffer>,
  ): Promise<Plan | undefined> {
    // Containerds whose addresses have the same end have the same first door.
    if (args.address !== this.first.args.address) return undefined;
    const { server } = this;
    const settings = await server.settingsOf(caller);
    if (server.compareWith(caller, settings) !== "same") return undefined;
    const plan = await planStart(args, input, settings.protocol);
    if (!plan.isPlain || plan.group !== undefined) return undefined;
    const options = await optionsIn(input, plan.params);
    const doors = await doorsOf(plan.args, { inherited: server.inherited, settings, options });
    return doors === this.#folder ? { ...plan, args: { ...plan.args, doors } } : undefined;
  }

  #closeDoors(): void {
    this.#door?.[Symbol.dispose]();
    this.#door = undefined;
    removeIfEmpty(this.#folder);
    this.#firstDoor?.[Symbol.dispose]();
    this.#firstDoor = undefined;
  }
}
