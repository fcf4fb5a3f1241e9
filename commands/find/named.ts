/** Finds the container that somebody means by the beginning of its id. */
import { Failure } from "../output/failure.ts";
import { containerIds, type Scope, type Server, type Survey, survey } from "./survey.ts";

/** A container, and who serves it. */
export interface Named {
  readonly id: string;
  readonly server: Server;
  readonly survey: Survey;
}

/** How many names an error shows. */
const SHOWN = 10;

/**
 * Finds a container.
 * @param prefix Its id, or the beginning of it, if no other container's begins so.
 * @throws {Failure} If there is none, or several.
 */
export function findContainer(prefix: string, scope: Scope): Named {
  const looked = survey(scope);
  const all = looked.servers.flatMap((server) =>
    containerIds(server).map((id) => ({ id, server }))
  );
  const exact = all.filter(({ id }) => id === prefix);
  const found = exact.length > 0 ? exact : all.filter(({ id }) => id.startsWith(prefix));
  if (found.length === 1) return { ...found[0], survey: looked };
  if (found.length === 0) {
    throw new Failure(`no container's id begins with ${prefix}; ps lists them all`);
  }
  const names = found.slice(0, SHOWN).map(({ id, server: { namespace, containerd } }) =>
    `${id} (namespace ${namespace}, containerd ${containerd?.address ?? "unknown"})`
  );
  const more = found.length > SHOWN ? `, and ${found.length - SHOWN} more` : "";
  throw new Failure(`${prefix} may be any of ${names.join(", ")}${more}`);
}
