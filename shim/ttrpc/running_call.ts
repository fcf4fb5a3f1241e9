/** A call that a server has accepted. */
import type { Request } from "../../proto/mod.ts";
import { after } from "../common/timer.ts";
import { decodeMetadata, type Metadata } from "./metadata.ts";
import type { Call, CallUnderWay } from "./service.ts";
import { StatusCode, type StatusError } from "./status.ts";

/** A call from its request to its answer. Metadata are decoded, and signals made, only when the method asks for them. */
export class RunningCall implements Call, CallUnderWay {
  readonly method: string;
  readonly since = new Date();
  readonly #pairs: Request["metadata"];
  readonly #stopDeadline: () => void;
  readonly #abandoned = new LazySignal();
  readonly #late = new LazySignal();
  #metadata: Metadata | undefined;

  constructor({ service, method, metadata, timeoutNano }: Request, passed: () => void) {
    this.method = `${service}/${method}`;
    this.#pairs = metadata;
    this.#stopDeadline = after(timeoutNano ? timeoutNano / 1e6 : Infinity, passed);
  }

  get metadata(): Metadata {
    return this.#metadata ??= decodeMetadata(this.#pairs);
  }

  get signal(): AbortSignal {
    return this.#abandoned.signal;
  }

  get deadline(): AbortSignal {
    return this.#late.signal;
  }

  /** Stops the deadline. With a reason, it also tells the method that nobody waits for its answer any more. */
  end(abandoned?: StatusError): void {
    this.#stopDeadline();
    if (!abandoned) return;
    this.#abandoned.abort(abandoned);
    if (abandoned.code === StatusCode.DEADLINE_EXCEEDED) this.#late.abort(abandoned);
  }
}

/** A signal that is made when it is first asked for, and may be aborted already then. */
class LazySignal {
  #controller: AbortController | undefined;
  #reason: StatusError | undefined;

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#reason) this.#controller.abort(this.#reason);
    return this.#controller.signal;
  }

  abort(reason: StatusError): void {
    this.#reason = reason;
    this.#controller?.abort(reason);
  }
}
