/** `deno task man`: prints the manual page, containerd-shim-ts-v2(8). */
import { manualPage } from "../commands/command_line/man.ts";
import configuration from "../deno.json" with { type: "json" };

console.log(manualPage(configuration.version).trimEnd());
