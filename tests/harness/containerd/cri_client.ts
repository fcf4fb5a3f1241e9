/** A client of Kubernetes' Container Runtime Interface (CRI), as the kubelet is one. */

import protobuf from "protobufjs";
import { Client } from "../../../shim/grpc/mod.ts";

const { root } = protobuf.parse(
  await Deno.readTextFile(new URL("cri.proto", import.meta.url)),
);
const service = root.lookupService("runtime.v1.RuntimeService").resolveAll();

/** What a method takes and answers: a message as a plain object, its fields in camel case. */
// deno-lint-ignore no-explicit-any
export type Message = Record<string, any>;

/** A connection to the CRI plugin of a containerd. */
export class CriClient {
  readonly #client: Client;

  private constructor(client: Client) {
    this.#client = client;
  }

  /** @param socket The path of containerd's gRPC socket; the first call connects to it. */
  static async connect(socket: string): Promise<CriClient> {
    return new CriClient(await Client.connect(socket));
  }

  /**
   * Calls a method of the RuntimeService.
   * @throws {StatusError} as containerd answers it.
   */
  async call(name: string, request: Message): Promise<Message> {
    const method = (service as protobuf.Service).methods[name];
    const [requestType, responseType] = [method.resolvedRequestType!, method.resolvedResponseType!];
    const payload = requestType.encode(request).finish();
    const answer = await this.#client.call("runtime.v1.RuntimeService", name, payload);
    return responseType.toObject(responseType.decode(answer), { defaults: true, longs: Number });
  }

  /** Ends the connection. */
  close(): void {
    this.#client.close();
  }
}
