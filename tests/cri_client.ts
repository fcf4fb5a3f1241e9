/** A client of Kubernetes' Container Runtime Interface (CRI), as the kubelet is one. */

import { Buffer } from "node:buffer";
import grpc from "@grpc/grpc-js";
import protobuf from "protobufjs";

const { root } = protobuf.parse(
  await Deno.readTextFile(new URL("cri.proto", import.meta.url)),
);
const service = root.lookupService("runtime.v1.RuntimeService").resolveAll();

/** What a method takes and answers: a message as a plain object, its fields in camel case. */
// deno-lint-ignore no-explicit-any
export type Message = Record<string, any>;

/** A connection to the CRI plugin of a containerd. */
export class CriClient {
  readonly #client: grpc.Client;

  /** @param socket The path of containerd's gRPC socket. */
  constructor(socket: string) {
    this.#client = new grpc.Client(`unix:${socket}`, grpc.credentials.createInsecure());
  }

  /** Calls a method of the RuntimeService. */
  async call(name: string, request: Message): Promise<Message> {
    const method = (service as protobuf.Service).methods[name];
    const [requestType, responseType] = [method.resolvedRequestType!, method.resolvedResponseType!];
    return await new Promise((resolve, reject) => {
      this.#client.makeUnaryRequest(
        `/runtime.v1.RuntimeService/${name}`,
        (message: Message) => Buffer.from(requestType.encode(message).finish()),
        (bytes: Uint8Array) =>
          responseType.toObject(responseType.decode(bytes), { defaults: true, longs: Number }),
        request,
        (error, answer) => error ? reject(error) : resolve(answer as Message),
      );
    });
  }

  /** Ends the connection. */
  close(): void {
    this.#client.close();
  }
}
