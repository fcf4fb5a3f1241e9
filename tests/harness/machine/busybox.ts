/** A small root file system made of busybox, and an OCI image with it as its only layer. */

const folders = ["bin", "dev", "etc", "proc", "root", "sys", "tmp"];

/** The name of the image made by {@linkcode makeBusyboxImage}. */
export const busyboxImage = "localhost/busybox:latest";

/**
 * Makes a root file system in `folder`: busybox (statically linked, Debian's package busybox-static) with a
 * link in `/bin` for each of its commands.
 */
export async function makeBusyboxRootfs(folder: string): Promise<void> {
  for (const name of folders) await Deno.mkdir(`${folder}/${name}`, { recursive: true });
  await Deno.copyFile("/bin/busybox", `${folder}/bin/busybox`);
  await Deno.writeTextFile(`${folder}/etc/passwd`, "root:x:0:0:root:/root:/bin/sh\n");
  await Deno.writeTextFile(`${folder}/etc/group`, "root:x:0:\n");
  const { stdout } = await new Deno.Command("/bin/busybox", { args: ["--list"] }).output();
  for (const name of new TextDecoder().decode(stdout).trim().split("\n")) {
    if (name !== "busybox") await Deno.symlink("busybox", `${folder}/bin/${name}`);
  }
}

/**
 * Writes an OCI image (image-spec 1.0: an image layout in a tar file, as `ctr image import` takes it) with
 * the files of `rootfs` as its one layer. `folder` is for the files in between.
 * @param options Its name, and the command of its containers where they have none of their own.
 *
 * @returns the path of the tar file.
 */
export async function makeBusyboxImage(
  rootfs: string,
  folder: string,
  { name = busyboxImage, command = ["sh"] }: { name?: string; command?: string[] } = {},
): Promise<string> {
  await Deno.mkdir(`${folder}/blobs/sha256`, { recursive: true });
  await tar(`${folder}/layer.tar`, rootfs);
  const layer = await addBlob(folder, await Deno.readFile(`${folder}/layer.tar`));
  const config = await addBlob(folder, {
    architecture: Deno.build.arch === "aarch64" ? "arm64" : "amd64",
    os: "linux",
    config: { Env: ["PATH=/bin"], Cmd: command, WorkingDir: "/" },
    rootfs: { type: "layers", diff_ids: [layer.digest] },
  });
  const manifest = await addBlob(folder, {
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.manifest.v1+json",
    config: { mediaType: "application/vnd.oci.image.config.v1+json", ...config },
    layers: [{ mediaType: "application/vnd.oci.image.layer.v1.tar", ...layer }],
  });
  await Deno.writeTextFile(`${folder}/oci-layout`, '{"imageLayoutVersion":"1.0.0"}');
  const index = {
    schemaVersion: 2,
    manifests: [{
      mediaType: "application/vnd.oci.image.manifest.v1+json",
      ...manifest,
      annotations: { "io.containerd.image.name": name },
    }],
  };
  await Deno.writeTextFile(`${folder}/index.json`, JSON.stringify(index));
  await tar(`${folder}/image.tar`, folder, "oci-layout", "index.json", "blobs");
  return `${folder}/image.tar`;
}

async function tar(file: string, folder: string, ...names: string[]): Promise<void> {
  const args = ["-C", folder, "-cf", file, ...(names.length > 0 ? names : ["."])];
  const { success, stderr } = await new Deno.Command("tar", { args }).output();
  if (!success) throw new Error(`tar ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
}

async function addBlob(
  folder: string,
  content: Uint8Array<ArrayBuffer> | object,
): Promise<{ digest: string; size: number }> {
  const bytes = content instanceof Uint8Array
    ? content
    : new TextEncoder().encode(JSON.stringify(content));
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
  await Deno.writeFile(`${folder}/blobs/sha256/${hash}`, bytes);
  return { digest: `sha256:${hash}`, size: bytes.length };
}
