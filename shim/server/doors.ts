/** The doors of a server that containers share, see bootstrap/shared.ts. No other server loads this. */
import type { Knock } from "../bootstrap/door.ts";
import { firstDoor } from "../bootstrap/first_door.ts";
import type { Start } from "../bootstrap/handshake.ts";
import { optionsIn, type Plan, planStart } from "../bootstrap/plan.ts";
import { doorsOf, newDoor, removeIfEmpty } from "../bootstrap/shared.ts";
import { Door, type Doorkeeper, openDoorAt } from "./door.ts";
import type { ServerProcess } from "./server_process.ts";

/** The door that it has in the folder of its kind, and the first door where that is free; both are open while there is room. */
export class Doors {
  #hasRoom = false;
  #door: Door | undefined;
  #firstDoor: Door | undefined;

  /**
   * @param first The `start` that the server has begun with.
   * @param take Is given a `start` that comes in.
   */
  constructor(
    private readonly server: ServerProcess,
    private readonly first: Start,
    private readonly take: (start: Start) => void,
  ) {}

  /**
   * Opens or closes the doors. No container depends on that: if it fails, the server only goes on without a door.
   * @param hasRoom Whether there is room for a further shim.
   */
  update(hasRoom: boolean): void {
    this.#hasRoom = hasRoom;
    try {
      // A `start` that was not answered in time has removed it.
      if (this.#door !== undefined && !(hasRoom && this.#door.isThere)) this.#close();
      if (this.#door === undefined && hasRoom) this.#open();
    } catch (error) {
      this.server.log.warn("the server can't be shared for now", { error });
    }
  }

  /** The folder of its kind. */
  get #folder(): string {
    return this.first.args.doors;
  }

  #open(): void {
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

  #close(): void {
    this.#door?.[Symbol.dispose]();
    this.#door = undefined;
    removeIfEmpty(this.#folder);
    this.#firstDoor?.[Symbol.dispose]();
    this.#firstDoor = undefined;
  }
}
