/** Sees to it that the machine has what the build, the tests and the demonstration need. */
import { fail } from "./fail.ts";
import { type Requirement, requirements } from "./requirements.ts";

const SYSTEM_FOLDERS = ["/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/bin", "/bin"];

/** How other distributions than Debian and its kin install packages, by their ID in /etc/os-release. */
const INSTALLERS: Record<string, string> = {
  fedora: "dnf install",
  rhel: "dnf install",
  suse: "zypper install",
  arch: "pacman -S",
};

/**
 * Checks the machine: Linux on x86-64 or arm64, root, and the {@linkcode requirements}. Where something is missing on Debian,
 * Ubuntu, or another distribution like them, it says so and installs it by apt-get; where it can't, it says what is missing and how
 * to get it, and ends the program with exit code 1. Where all is there it is silent and starts nothing.
 */
export async function setup(): Promise<void> {
  const { os, arch } = Deno.build;
  if (os !== "linux" || (arch !== "x86_64" && arch !== "aarch64")) {
    fail(`expected Linux on x86_64 or aarch64, and this is ${os} on ${arch}`);
  }
  // A root shell made by plain su lacks the sbin folders, where runc is.
  const folders = (Deno.env.get("PATH") ?? "").split(":").filter((folder) => folder !== "");
  Deno.env.set("PATH", [...new Set([...folders, ...SYSTEM_FOLDERS])].join(":"));

  const missing = findMissing();
  const isRoot = Deno.uid() === 0;
  if (isRoot && missing.length === 0) return;
  const release = readRelease();
  const isDebian = release.ids.includes("debian");
  if (!isRoot || !isDebian) fail(explain(missing, isRoot, isDebian, release));
  await install(packagesOf(missing, "debianPackage"), release.name);
  const still = findMissing();
  if (still.length > 0) fail(`still missing after the installation: ${names(still)}`);
}

function findMissing(): Requirement[] {
  return requirements.filter((requirement) => !requirement.isThere());
}

function names(missing: Requirement[]): string {
  return missing.map(({ name }) => name).join(", ");
}

function packagesOf(missing: Requirement[], kind: "debianPackage" | "otherPackage"): string[] {
  return [...new Set(missing.map((requirement) => requirement[kind]))];
}

interface Release {
  /** The name for people, with the version. */
  readonly name: string;
  /** The distribution's id, and the ids of those that it is like. */
  readonly ids: string[];
}

/** See os-release(5). */
function readRelease(): Release {
  let text = "";
  try {
    text = Deno.readTextFileSync("/etc/os-release");
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  const field = (name: string) =>
    text.match(new RegExp(`^${name}=["']?(.*?)["']?$`, "m"))?.[1] ?? "";
  return {
    name: field("PRETTY_NAME") || "this distribution",
    ids: `${field("ID")} ${field("ID_LIKE")}`.split(" "),
  };
}

function explain(
  missing: Requirement[],
  isRoot: boolean,
  isDebian: boolean,
  { name, ids }: Release,
): string {
  const lines: string[] = [];
  if (!isRoot) lines.push("containers need root: run the same command as root");
  if (missing.length > 0) lines.push(`missing: ${names(missing)}`);
  if (missing.length > 0 && isDebian) {
    lines.push("as root this command installs them by itself, or do it yourself:");
    lines.push(`  apt-get install ${packagesOf(missing, "debianPackage").join(" ")}`);
  } else if (missing.length > 0) {
    const installer = ids.map((id) => INSTALLERS[id]).find((command) => command !== undefined);
    const packages = packagesOf(missing, "otherPackage").join(" ");
    lines.push(`only Debian's and Ubuntu's packages are installed by this command, not ${name}'s;`);
    lines.push(
      installer ? `install them: ${installer} ${packages}` : `the packages are: ${packages}`,
    );
  }
  return lines.join("\n  ");
}

async function install(packages: string[], release: string): Promise<void> {
  console.log(`Installing what is missing by apt-get from ${release}: ${packages.join(" ")} …`);
  if (packages.includes("containerd") && await isBootedBySystemd()) {
    console.log("(the package also starts the service containerd, which nothing here uses)");
  }
  const start = performance.now();
  // Another source than the distribution's may fail to update, so only the installation decides.
  const update = await aptGet("update");
  const { success, output } = await aptGet("install", "--no-install-recommends", ...packages);
  if (!success) fail(`apt-get could not install ${packages.join(" ")}\n${update.output}${output}`);
  console.log(`Installed in ${Math.round((performance.now() - start) / 1000)} s.`);
}

async function isBootedBySystemd(): Promise<boolean> {
  return await Deno.stat("/run/systemd/system").then(() => true, () => false); // sd_booted(3)
}

async function aptGet(...args: string[]): Promise<{ success: boolean; output: string }> {
  const child = new Deno.Command("apt-get", {
    // On a machine just booted, the automatic upgrades may hold the lock.
    args: ["--yes", "--option", "DPkg::Lock::Timeout=120", ...args],
    env: { DEBIAN_FRONTEND: "noninteractive" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
  const { success, stdout, stderr } = await child.output();
  const decoder = new TextDecoder();
  return { success, output: decoder.decode(stdout) + decoder.decode(stderr) };
}

if (import.meta.main) await setup();
