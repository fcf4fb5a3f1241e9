/** The sizes of huge pages, as they are in the names of cgroups' files. */
import { listFolders, SystemError } from "../../shim/mod.ts";

const FOLDER = "/sys/kernel/mm/hugepages";
const UNITS = ["KB", "MB", "GB"];

/** The sizes that the kernel has, as `2MB` or `1GB`; none if it was built without huge pages. */
export function hugePageSizes(folder = FOLDER): string[] {
  try {
    return listFolders(folder).sort().map(hugePageSize);
  } catch (error) {
    if (error instanceof SystemError) return [];
    throw error;
  }
}

/** The size in the name of a folder: `2MB` for `hugepages-2048kB`. */
function hugePageSize(folder: string): string {
  let size = Number(/^hugepages-(\d+)kB$/.exec(folder)![1]);
  let unit = 0;
  for (; size >= 1024 && unit < UNITS.length - 1; unit++) size /= 1024;
  return `${size}${UNITS[unit]}`;
}
