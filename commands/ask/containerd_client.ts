/** What a containerd itself knows. */
import { GetRequest, NamespaceList } from "../../proto/mod.ts";
import { StatusCode } from "../../shim/ttrpc/mod.ts";
import { isCode, PATIENCE_MS } from "./shim_client.ts";

type Client = Awaited<ReturnType<typeof connect>>;

/** The services that know ids. */
const KNOWING = [
  "containerd.services.tasks.v1.Tasks",
  "containerd.services.containers.v1.Containers",
];

/** A containerd that was asked for its namespaces. */
export class ContainerdClient implements Disposable {
  readonly #clients = new Map<string, Client>();

  private constructor(readonly address: string, readonly namespaces: readonly string[]) {}

  /**
   * Asks for its namespaces.
   * @throws {StatusError} If it does not answer in time.
   */
  static async connect(address: string): Promise<ContainerdClient> {
    const client = await connect(address);
    try {
      const service = "containerd.services.namespaces.v1.Namespaces";
      const options = { timeoutMs: PATIENCE_MS };
      const answer = await client.call(service, "List", new Uint8Array(), options);
      const names = NamespaceList.decode(answer).namespaces.map(({ name }) => name);
      return new ContainerdClient(address, names);
    } finally {
      client.close();
    }
  }

  /**
   * Whether it has a task or a container of an id, in any namespace.
   * @throws {StatusError} If it does not say.
   */
  async knows(id: string): Promise<boolean> {
    const answers = await Promise.all(
      this.namespaces.flatMap((namespace) =>
        KNOWING.map((service) => this.#has(namespace, service, id))
      ),
    );
    return answers.includes(true);
  }

  [Symbol.dispose](): void {
    for (const client of this.#clients.values()) client.close();
  }

  async #has(namespace: string, service: string, id: string): Promise<boolean> {
    const client = this.#clients.get(namespace) ?? await connect(this.address, namespace);
    this.#clients.set(namespace, client);
    try {
      const payload = GetRequest.encode({ id }).finish();
      await client.call(service, "Get", payload, { timeoutMs: PATIENCE_MS });
      return true;
    } catch (error) {
      if (isCode(error, StatusCode.NOT_FOUND)) return false;
      throw error;
    }
  }
}

async function connect(address: string, namespace?: string) {
  const { Client } = await import("../../shim/grpc/mod.ts");
  const headers = namespace === undefined ? {} : { "containerd-namespace": namespace };
  return await Client.connect(address, headers as Record<string, string>);
}
