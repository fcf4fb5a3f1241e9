/** Which users and groups of the host those of a pod's user namespace are (user_namespaces(7)). */
import { type IDMapping, NamespaceMode, type UserNamespace } from "../../proto/sandbox/mod.ts";

/** UID_GID_MAP_MAX_EXTENTS of the kernel, since 4.15. */
const MOST_RANGES = 340;
/** The last id; it means none, and can't be mapped. */
const NO_ID = 0xffff_ffff;

/** A range of ids that is mapped. */
export type IdRange = Readonly<IDMapping>;

/** The mappings of a user namespace. */
export interface UserMappings {
  readonly uids: readonly IdRange[];
  readonly gids: readonly IdRange[];
}

/**
 * Reads the mappings of a pod.
 * @returns undefined for a pod in the host's user namespace.
 * @throws {RangeError} If they can't be, by CRI or by the kernel.
 */
export function readUserMappings(
  options: UserNamespace | null | undefined,
): UserMappings | undefined {
  if (!options) return undefined;
  const { mode, uids, gids } = options;
  if (mode === NamespaceMode.NODE && uids.length + gids.length === 0) return undefined;
  if (mode !== NamespaceMode.POD) {
    throw new RangeError(
      `expected a user namespace of the pod, or the host's without mappings, not one of the mode ${mode}`,
    );
  }
  checkRanges("uids", uids);
  checkRanges("gids", gids);
  return { uids, gids };
}

/** The id that a namespace's root has on the host; the host's own root without mappings. */
export function hostRoot(ranges: readonly IdRange[] = []): number {
  return ranges.find(isRoots)?.hostId ?? 0;
}

/** The id that is nobody's in a namespace: 65535 as in Kubernetes' pause image, or the highest that is below. */
export function nobody(ranges: readonly IdRange[] = []): number {
  const NOBODY = 65535;
  const range = ranges.find(isRoots);
  return range === undefined ? NOBODY : Math.min(NOBODY, range.length - 1);
}

/** A range as messages show it: the first id in the namespace, that on the host, and how many. */
export function showRange({ containerId, hostId, length }: IdRange): string {
  return `${containerId}:${hostId}:${length}`;
}

function isRoots({ containerId }: IdRange): boolean {
  return containerId === 0;
}

function checkRanges(what: "uids" | "gids", ranges: readonly IdRange[]): void {
  if (ranges.length < 1 || ranges.length > MOST_RANGES) {
    throw new RangeError(`expected 1 to ${MOST_RANGES} ranges of ${what}, not ${ranges.length}`);
  }
  for (const side of ["containerId", "hostId"] as const) {
    const sorted = ranges.toSorted((one, other) => one[side] - other[side]);
    for (const [index, range] of sorted.entries()) {
      const end = range[side] + range.length;
      if (range.length === 0 || end > NO_ID) {
        throw new RangeError(
          `expected a range of ${what} with 1 id at least, and below ${NO_ID}, not ${
            showRange(range)
          }`,
        );
      }
      const next = sorted.at(index + 1);
      if (next !== undefined && next[side] < end) {
        throw new RangeError(
          `expected ranges of ${what} that do not overlap, not ${showRange(range)} and ${
            showRange(next)
          }`,
        );
      }
    }
  }
  if (!ranges.some(isRoots)) {
    throw new RangeError(`expected a range of ${what} that begins with 0, the pod's root`);
  }
}
