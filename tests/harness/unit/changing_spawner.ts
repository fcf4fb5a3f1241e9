import { type Spawner, spawner } from "../../../shim/process/spawn.ts";

/** Spawns, for each command, what `change` makes of it. */
export function changingSpawner(
  change: (command: string, args: readonly string[]) => [command: string, args: readonly string[]],
): Spawner {
  return {
    spawn(command, options) {
      const [changed, args] = change(command, options.args);
      return spawner.spawn(changed, { ...options, args });
    },
    spawnExactly(command, options) {
      const [changed, args] = change(command, options.args);
      return spawner.spawnExactly(changed, { ...options, args });
    },
  };
}
