import { fromFileUrl } from "@std/path";
import wabt from "wabt";
import { makeBusyboxImage } from "../harness/machine/busybox.ts";
import { expectSuccess, type PrivateContainerd } from "../harness/containerd/private_containerd.ts";

/** The name of the image of {@linkcode importWasiImage}. */
export const wasiImage = "localhost/wasi:latest";

const SOURCES = fromFileUrl(new URL("wasi", import.meta.url));

/** Assembles a module from WebAssembly's text format. */
export async function assemble(path: string): Promise<Uint8Array<ArrayBuffer>> {
  const { parseWat } = await wabt();
  const module = parseWat(path, await Deno.readTextFile(path));
  try {
    return new Uint8Array(module.toBinary({}).buffer);
  } finally {
    module.destroy();
  }
}

/**
 * Imports an OCI image with the modules of tests/examples/wasi in its /bin, `hello.wasm` as its entrypoint, and little besides: files that
 * are no modules, a greeting, links that would lead out of it, and a device.
 */
export async function importWasiImage(containerd: PrivateContainerd): Promise<void> {
  const root = `${containerd.folder}/wasi`;
  await Deno.mkdir(`${root}/bin`, { recursive: true });
  await Deno.mkdir(`${root}/etc`);
  for await (const { name } of Deno.readDir(SOURCES)) {
    const bytes = await assemble(`${SOURCES}/${name}`);
    await Deno.writeFile(`${root}/bin/${name.replace(/\.wat$/, ".wasm")}`, bytes);
  }
  await Deno.writeTextFile(`${root}/bin/text.wasm`, "no module\n");
  const component = Uint8Array.of(0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0);
  await Deno.writeFile(`${root}/bin/component.wasm`, component);
  await Deno.writeTextFile(`${root}/etc/greeting`, "hello from the image\n");
  await Deno.symlink("/etc/greeting", `${root}/etc/absolute`);
  await Deno.symlink(`${"../".repeat(20)}${containerd.folder}/config.toml`, `${root}/etc/outer`);
  // As /dev/null is one.
  await new Deno.Command("mknod", { args: [`${root}/etc/device`, "c", "1", "3"] }).output();
  const options = { name: wasiImage, command: ["hello.wasm"] };
  const image = await makeBusyboxImage(root, `${containerd.folder}/wasi-image`, options);
  expectSuccess(await containerd.ctr("image", "import", image));
  await Deno.remove(`${containerd.folder}/wasi-image`, { recursive: true });
}
