/** Who knows a container that something is left of. */
import type { AskedServer } from "../ask/servers.ts";
import { ContainerdClient } from "../ask/containerd_client.ts";
import type { Containerd } from "../find/containerds.ts";

/**
 * Whether anybody knows an id: `nobody`, if all who could were asked; `somebody`; or `unsure`, as a containerd or a shim does not answer.
 */
export type Known = "nobody" | "somebody" | "unsure";

/** All who know of containers: shims, bundles, and containerds. */
export class Knowledge implements Disposable {
  readonly #ids = new Set<string>();
  readonly #containerds: ContainerdClient[] = [];
  #isComplete = true;
  readonly #answers = new Map<string, Promise<Known>>();

  /** Asks containerds for their namespaces; one that does not answer leaves all unsure. */
  static async gather(
    servers: readonly AskedServer[],
    containerds: readonly Containerd[],
  ): Promise<Knowledge> {
    const knowledge = new Knowledge();
    for (const { id, bundles, containers, condition } of servers) {
      // One that can't be asked may have any.
      if (condition === "silent") knowledge.#isComplete = false;
      if (condition !== "spare" && condition !== "elsewhere") knowledge.#ids.add(id);
      for (const each of [...bundles, ...containers]) knowledge.#ids.add(each.id);
      for (const exec of containers.flatMap(({ execs }) => execs)) knowledge.#ids.add(exec.id);
    }
    await Promise.all(containerds.map(async ({ address }) => {
      try {
        knowledge.#containerds.push(await ContainerdClient.connect(address));
      } catch {
        knowledge.#isComplete = false;
      }
    }));
    return knowledge;
  }

  /** The namespaces of the containerds that answer. */
  get namespaces(): Set<string> {
    return new Set(this.#containerds.flatMap(({ namespaces }) => namespaces));
  }

  /** Whether the containerd with this socket answers. */
  answers(address: string): boolean {
    return this.#containerds.some((each) => each.address === address);
  }

  /** Whether anybody knows a container or an exec'd process of this id. */
  async of(id: string): Promise<Known> {
    if (this.#ids.has(id)) return "somebody";
    return await this.ofContainerds(id);
  }

  /** {@linkcode of}, but only by containerds: of what a bundle tells, or a shim does not. */
  ofContainerds(id: string): Promise<Known> {
    const known = this.#answers.get(id) ?? this.#ask(id);
    this.#answers.set(id, known);
    return known;
  }

  async #ask(id: string): Promise<Known> {
    try {
      const answers = await Promise.all(this.#containerds.map((each) => each.knows(id)));
      if (answers.includes(true)) return "somebody";
      return this.#isComplete && answers.length > 0 ? "nobody" : "unsure";
    } catch {
      return "unsure";
    }
  }

  [Symbol.dispose](): void {
    this.#containerds.forEach((each) => each[Symbol.dispose]());
  }
}
