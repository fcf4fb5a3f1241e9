/** The mount points of all cgroup hierarchies, version 1 and 2. */
export function cgroupMounts(): string[] {
  return Deno.readTextFileSync("/proc/self/mounts").split("\n")
    .map((line) => line.split(" "))
    .filter(([, , type]) => type === "cgroup" || type === "cgroup2")
    .map(([, mountPoint]) => mountPoint);
}

/** The folders of the cgroups whose path begins with `prefix`, in every hierarchy, inner before outer. */
export function cgroupFolders(prefix: string): string[] {
  return cgroupMounts().flatMap((mount) =>
    innerFolders(mount)
      .filter((name) => name.startsWith(prefix))
      .flatMap((name) => withInnerFolders(`${mount}/${name}`))
  );
}

function withInnerFolders(folder: string): string[] {
  const inner = innerFolders(folder).flatMap((name) => withInnerFolders(`${folder}/${name}`));
  return [...inner, folder];
}

function innerFolders(folder: string): string[] {
  try {
    return [...Deno.readDirSync(folder)]
      .filter(({ isDirectory }) => isDirectory)
      .map(({ name }) => name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return []; // removed meanwhile
    throw error;
  }
}
