/** `inspect`: what is known of one container, by whom, and where they differ. */
import { askServer } from "./ask/servers.ts";
import { findContainer } from "./find/named.ts";
import type { Scope } from "./find/survey.ts";
import { gather } from "./inspected.ts";
import { toText } from "./inspected_text.ts";
import { ExitCode, Failure } from "./output/failure.ts";
import { print, printJson } from "./output/print.ts";

/** What `inspect` is told. */
export interface InspectOptions extends Scope {
  /** The beginning of the container's id. */
  readonly id: string;
  readonly json: boolean;
}

/** Tells of a container. */
export async function inspect(options: InspectOptions): Promise<number> {
  const { id, server, survey } = findContainer(options.id, options);
  const asked = await askServer(server);
  const container = asked.containers.find((each) => each.id === id);
  if (container === undefined) {
    throw new Failure(`the shim of ${id} ${TOLD[asked.condition] ?? "does not know it any more"}`);
  }
  const found = await gather(asked, container, survey.processes.values());
  if (options.json) printJson(found);
  else print(toText(found));
  return ExitCode.FINE;
}

const TOLD: Readonly<Record<string, string>> = {
  silent: "does not answer",
  dead: "is gone",
};
