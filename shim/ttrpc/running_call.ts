/** A call that a server has taken. */
import type { Request } from "../../proto/mod.ts";
import { startDeadline } from "./deadline.ts";
import { decodeMetadata, type Metadata } from "./metadata.ts";
import type { Call, CallUnderWay } from "./service.ts";
import { StatusCode, type StatusError } from "./status.ts";

/** A call from its request to its answer; a timer or an AbortController exists only where asked for. */
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
    this.#stopDeadline = startDeadline(timeoutNano ? timeoutNano / 1e6 : Infinity, passed);
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

  /** Ends the deadline; with a reason, tells the method that its answer is of no use any more. */
  end(abandoned?: StatusError): void {
    this.#stopDeadline();
    if (!abandoned) return;
    this.#abandoned.abort(abandoned);
    if (abandoned.code === StatusCode.DEADLINE_EXCEEDED) this.#late.abort(abandoned);
  }
}

/** A signal that is made when it is first asked for, be it that it has aborted by then. */
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
