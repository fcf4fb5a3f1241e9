/** Two builds of one commit, at different places. */

import { assertEquals } from "@std/assert";
import { REPOSITORY } from "../harness/machine/repository.ts";
import { folder, run, test } from "./made_packages.ts";

test("another build, in another folder, with another cache, umask and time zone, has the same bytes", async () => {
  const other = await Deno.makeTempDir({ dir: "/var/tmp", prefix: "package-" });
  try {
    const repository = `${other}/elsewhere/repository`;
    const tracked = "git ls-files -z --cached --others --exclude-standard";
    await run("sh", [
      "-c",
      `mkdir -p "$1" && ${tracked} | xargs -0 cp --parents --target-directory "$1" && cp -r .git "$1"`,
      "sh",
      repository,
    ], { cwd: REPOSITORY });
    const cache = `${other}/cache`;
    const info = JSON.parse(await run(Deno.execPath(), ["info", "--json"]));
    await run("sh", ["-c", `mkdir "$2" && cp -r "$1" "$2"`, "sh", info.npmCache, cache]);
    const make = 'umask 077 && exec "$0" run -A tools/package/package.ts --output "$1"';
    await run("sh", ["-c", make, Deno.execPath(), `${other}/made`], {
      cwd: repository,
      env: { DENO_DIR: cache, HOME: other, TZ: "Asia/Tokyo", LC_ALL: "C", GIT_OPTIONAL_LOCKS: "0" },
    });
    const sums = (path: string) => Deno.readTextFile(`${path}/SHA256SUMS`);
    assertEquals(await sums(`${other}/made`), await sums(folder));
  } finally {
    await Deno.remove(other, { recursive: true });
  }
});
