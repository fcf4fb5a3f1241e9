/** The client side of gRPC: without TLS, on a unix socket. */
import type { Client as GrpcClient, Metadata, ServiceError } from "@grpc/grpc-js";
import { type CallOptions, StatusCode, StatusError } from "../ttrpc/mod.ts";
import { type Codec, loadGrpc } from "./library.ts";

/** A connection to a server, with the interface of ttrpc's client. */
export class Client {
  readonly #client: GrpcClient;
  readonly #codec: Codec;
  readonly #metadata: Metadata;

  private constructor(client: GrpcClient, codec: Codec, metadata: Metadata) {
    this.#client = client;
    this.#codec = codec;
    this.#metadata = metadata;
  }

  /**
   * Makes a client of the server that listens on a unix socket; the first call connects to it.
   * @param headers Headers that are sent with every call.
   */
  static async connect(path: string, headers: Record<string, string> = {}): Promise<Client> {
    const { grpc, codec } = await loadGrpc();
    const client = new grpc.Client(`unix:${path}`, grpc.credentials.createInsecure(), {
      // With a shared pool the next client of the same path would wait until this one's backoff is over.
      "grpc.use_local_subchannel_pool": 1,
      "grpc.enable_channelz": 0,
      "grpc.enable_retries": 0,
    });
    return new Client(client, codec, grpc.Metadata.fromHttp2Headers(headers));
  }

  /**
   * Calls a method and resolves to the payload of its answer.
   * @throws {StatusError} With the code and message of the answer; UNAVAILABLE if nobody listens or the connection is lost,
   * DEADLINE_EXCEEDED if no answer comes in time.
   */
  call(
    service: string,
    method: string,
    payload: Uint8Array,
    { timeoutMs = Infinity }: Pick<CallOptions, "timeoutMs"> = {},
  ): Promise<Uint8Array> {
    const { serialize, deserialize } = this.#codec;
    const options = { deadline: Date.now() + timeoutMs };
    return new Promise((resolve, reject) => {
      this.#client.makeUnaryRequest(
        `/${service}/${method}`,
        serialize,
        deserialize,
        payload,
        this.#metadata,
        options,
        (error, answer) => {
          if (error) reject(toStatusError(error));
          else resolve(answer!);
        },
      );
    });
  }

  /**
   * Calls a method that answers any number of times.
   * @throws {StatusError} As {@linkcode Client.call}, when its last answer has come.
   */
  async *stream(
    service: string,
    method: string,
    payload: Uint8Array,
  ): AsyncGenerator<Uint8Array, void, void> {
    const { serialize, deserialize } = this.#codec;
    const path = `/${service}/${method}`;
    const metadata = this.#metadata;
    const call = this.#client.makeServerStreamRequest(
      path,
      serialize,
      deserialize,
      payload,
      metadata,
    );
    try {
      for await (const answer of call) yield answer;
    } catch (error) {
      throw toStatusError(error as ServiceError);
    } finally {
      call.cancel();
    }
  }

  /** Closes the connection as soon as the calls under way have ended. */
  close(): void {
    this.#client.close();
  }
}

/** The library's messages, with several codes, for a call that ends without a status: the server has ended, or is about to. */
const WITHOUT_STATUS = /^Received RST_STREAM with code |^Call cancelled$/;

function toStatusError({ code, details }: ServiceError): StatusError {
  return new StatusError(WITHOUT_STATUS.test(details) ? StatusCode.UNAVAILABLE : code, details);
}
