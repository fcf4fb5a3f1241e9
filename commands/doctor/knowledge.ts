/** Who knows a container that something is left of. */
import { StatusCode } from "../../shim/ttrpc/mod.ts";
import type { AskedServer } from "../ask/servers.ts";
import { ContainerdClient } from "../ask/containerd_client.ts";
import { isCode, PATIENCE_MS, ShimClient } from "../ask/shim_client.ts";
import type { Containerd } from "../find/containerds.ts";

/**
 * Whether anybody knows an id: `nobody`, if all who could were asked; `somebody`; or `unsure`, as a containerd or a shim does not answer.
 */
export type Known = "nobody" | "somebody" | "unsure";

/** How long shims are asked for processes in all, in ms: with hundreds of them, and of things left over, what is left then is unsure. */
const ASK_MS = 3 * PATIENCE_MS;

/** What several answers come to. */
export function together(answers: readonly Known[]): Known {
  if (answers.includes("somebody")) return "somebody";
  return answers.includes("unsure") ? "unsure" : "nobody";
}

/** All who know of containers: shims, bundles, and containerds. */
export class Knowledge implements Disposable {
  /** Those that answer. */
  #serving: readonly AskedServer[];
  readonly #shims = new Map<AskedServer, ShimClient>();
  /** Until when they are asked for processes. */
  #end: number | undefined;
  readonly #ids = new Set<string>();
  readonly #containerds: ContainerdClient[] = [];
  #isComplete = true;
  readonly #answers = new Map<string, Promise<Known>>();

  private constructor(serving: readonly AskedServer[]) {
    this.#serving = serving;
  }

  /** Asks containerds for their namespaces; one that does not answer leaves all unsure. */
  static async gather(
    servers: readonly AskedServer[],
    containerds: readonly Containerd[],
  ): Promise<Knowledge> {
    const knowledge = new Knowledge(servers.filter(({ condition }) => condition === "serves"));
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

  /** The namespaces of the containerd with this socket; none if it does not answer. */
  namespacesOf(address: string): readonly string[] {
    return this.#containerds.find((each) => each.address === address)?.namespaces ?? [];
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

  /**
   * {@linkcode of}, of an id that may be an exec'd process's: shims are asked, too, for some of those that were not started can't be found
   * otherwise.
   */
  async ofProcess(id: string): Promise<Known> {
    const known = await this.of(id);
    if (known === "somebody") return known;
    this.#end ??= performance.now() + ASK_MS;
    if (performance.now() > this.#end) return "unsure";
    const answers = await Promise.all(this.#serving.map((server) => this.#hasProcess(server, id)));
    if (answers.includes("unsure")) {
      // Who does not answer is not waited for again.
      this.#serving = this.#serving.filter((_, index) => answers[index] !== "unsure");
      this.#isComplete = false;
    }
    return together([...answers, known]);
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

  /** Whether any container of a shim has an exec'd process of this id. */
  async #hasProcess(server: AskedServer, execId: string): Promise<Known> {
    try {
      const shim = this.#shims.get(server) ?? await ShimClient.connect(server.address!);
      this.#shims.set(server, shim);
      shim.renew();
      const answers = await Promise.all(server.containers.map(async ({ id }) => {
        try {
          await shim.state(id, execId);
          return true;
        } catch (error) {
          if (isCode(error, StatusCode.NOT_FOUND)) return false;
          throw error;
        }
      }));
      return answers.includes(true) ? "somebody" : "nobody";
    } catch {
      return "unsure";
    }
  }

  [Symbol.dispose](): void {
    for (const client of [...this.#containerds, ...this.#shims.values()]) client[Symbol.dispose]();
  }
}
