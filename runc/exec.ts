/** A process that runs in a container beside its init. */
import { join } from "@std/path/posix";
import type { ExecProcessRequest } from "../proto/mod.ts";
import { IDENTIFIER, isIdentifier } from "../shim/common/identifier.ts";
import { writeFile } from "../shim/libc/mod.ts";
import { orWarn, removeIfThere, StatusCode, StatusError, type Stdio } from "../shim/mod.ts";
import { execPidFile, withMember } from "./bundle/mod.ts";
import { decodeJson } from "./json.ts";
import { type ContainerContext, Process, runtimeFailure } from "./process.ts";

/** An exec'd process. */
export class Exec extends Process {
  /** The OCI process, as JSON. */
  readonly #spec: string;

  /** @throws {StatusError} INVALID_ARGUMENT if the exec id is no identifier, or the spec is no JSON object. */
  constructor(container: ContainerContext, request: ExecProcessRequest) {
    super(container, request.execId, request);
    if (!isIdentifier(request.execId)) {
      throw new StatusError(
        StatusCode.INVALID_ARGUMENT,
        `expected an exec id of ${IDENTIFIER}, not "${request.execId}"`,
      );
    }
    this.#spec = readSpec(request);
  }

  /**
   * Starts the process.
   * @param signal Kills the runtime's command when it aborts, see {@linkcode Runc.within}.
   * @throws {Error} If it fails; the exec can't be started any more then.
   */
  async start(signal: AbortSignal): Promise<void> {
    this.check("start");
    try {
      await this.#run(await this.openStdio(), signal);
    } catch (error) {
      this.fail();
      throw error;
    }
    this.enter("start");
  }

  /** Runs the runtime's command. If it fails, a process that it has made is killed: its client is told that there is none. */
  async #run(stdio: Stdio, signal: AbortSignal): Promise<void> {
    const { shim, id, bundle, runc } = this.container;
    const pidFile = execPidFile(bundle, this.id);
    const process = join(bundle, `${this.id}.process.json`);
    // Execs run side by side: each has a log of its own, so that none shows another's error.
    const log = join(bundle, `${this.id}.log.json`);
    using expectation = shim.reaper.expect();
    try {
      writeFile(process, this.#spec);
      await runc.within(signal).exec(id, { process, pidFile, log }, stdio);
      stdio.start();
      this.adopt(pidFile, expectation);
    } catch (error) {
      this.killMade(pidFile);
      await orWarn(shim.logger, `close the streams of ${this.id}`, () => stdio.close());
      throw runtimeFailure("exec", error);
    } finally {
      for (const file of [process, pidFile, log]) {
        await orWarn(shim.logger, `remove ${file}`, () => removeIfThere(file));
      }
    }
  }

  /** Removes all that is left of an exec that has stopped or was never started. */
  async delete(): Promise<void> {
    this.check("delete");
    const { shim, id } = this.container;
    if (await this.stdio?.end() === false) {
      shim.logger.warn("closed outputs that were still open", { id, execId: this.id });
    }
    this.enter("delete");
  }
}

function readSpec({ spec, terminal }: ExecProcessRequest): string {
  return withMember(decodeJson(spec, "OCI process"), "terminal", terminal);
}
