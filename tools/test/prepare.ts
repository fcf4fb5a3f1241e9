import { build } from "../build/build.ts";
import { setup } from "../common/setup.ts";

/**
 * Sees to it that the machine has what tests need, and that there is a shim to test: it is built, unless SHIM_BINARY or SHIM_RUNTIME
 * names another. See runtimeUnderTest.
 */
export async function prepare(): Promise<void> {
  await setup();
  if (Deno.env.has("SHIM_RUNTIME") || Deno.env.has("SHIM_BINARY")) return;
  Deno.env.set("SHIM_BINARY", await build());
}
