/** A ttrpc service made of an object that has a method for each RPC. */
import * as proto from "../../proto/mod.ts";
import type { Logger } from "../common/mod.ts";
import {
  type Call,
  type Method,
  type Service,
  StatusCode,
  StatusError,
  statusOf,
} from "../ttrpc/mod.ts";

const NOTHING = new Uint8Array();

/** The RPCs of a service: the messages of the request and of the answer of each. */
export type Rpcs = Readonly<Record<string, Rpc>>;
// deno-lint-ignore no-explicit-any
type Rpc = readonly [request: Decodes<any>, response: { encode(message: any): unknown }];

interface Decodes<Message> {
  decode(bytes: Uint8Array): Message;
}

type Decoded<Type> = Type extends Decodes<infer Message> ? Message : never;
type Encodable<Type> = Type extends { encode(message: infer Properties): unknown }
  ? Record<never, never> extends Required<Properties> ? void : Properties
  : never;

/** For each RPC a method with its name in camelCase, which takes the decoded request and returns, or promises, what is to be answered. */
export type Handlers<All extends Rpcs> = {
  [Name in keyof All as Name extends string ? Uncapitalize<Name> : never]: (
    request: Decoded<All[Name][0]>,
    call: Call,
  ) => Encodable<All[Name][1]> | Promise<Encodable<All[Name][1]>>;
};

/** What a service's methods have in common. */
export interface Served {
  /** For messages: `Task`. */
  readonly service: string;
  /** Gets the faults of the service. */
  readonly logger: Logger;
  /** See `statusOf` of {@linkcode ServedTask}. */
  readonly statusOf?: (error: unknown) => StatusError | undefined;
  /** Called before a request is handed over, and when what it asks for is done. */
  readonly onBegin?: (name: string, request: unknown) => void;
  readonly onEnd?: (name: string, request: unknown) => void;
}

/** Makes the service. An RPC without a method is answered UNIMPLEMENTED. */
export function toService(
  rpcs: Rpcs,
  handlers: object,
  served: Served,
): Service {
  return Object.fromEntries(
    Object.keys(rpcs).map((name) => [name, toMethod(name, rpcs[name], handlers, served)]),
  );
}

/** The method of a ttrpc service for an RPC. What the handler does wrong costs the call alone. */
function toMethod(
  name: string,
  [request, response]: Rpcs[string],
  handlers: object,
  { service, logger, statusOf: toStatus, onBegin, onEnd }: Served,
): Method {
  const key = name[0].toLowerCase() + name.slice(1);
  const handler = (handlers as Record<string, unknown>)[key] as
    | ((request: unknown, call: Call) => unknown)
    | undefined;
  if (handler === undefined) {
    return () => {
      throw new StatusError(StatusCode.UNIMPLEMENTED, `${name} is not implemented by this shim`);
    };
  }
  const method = handler.bind(handlers);
  const encode = response.encode as (answer: unknown) => { finish(): Uint8Array };
  return async (payload, call) => {
    const decoded = decode(request, payload);
    try {
      onBegin?.(name, decoded);
      const answer = await method(decoded, call);
      onEnd?.(name, decoded);
      if (answer !== undefined) return encode(answer).finish();
      if (response === proto.Empty) return NOTHING;
      throw new TypeError(`${name} has answered nothing`);
    } catch (error) {
      if (error instanceof StatusError) throw error;
      const status = toStatus?.(error);
      if (status !== undefined) throw status;
      logger.error(`a fault of the ${service} service`, {
        method: name,
        error: error instanceof Error ? error.stack : error,
      });
      throw new StatusError(StatusCode.INTERNAL, statusOf(error).message, { cause: error });
    }
  };
}

function decode(request: Decodes<unknown>, payload: Uint8Array): unknown {
  try {
    return request.decode(payload);
  } catch (error) {
    // ttrpc's Go server answers with the same code.
    const message = `can't decode the request: ${(error as Error).message}`;
    throw new StatusError(StatusCode.INTERNAL, message);
  }
}
