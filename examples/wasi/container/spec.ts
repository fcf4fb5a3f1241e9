/** What of an OCI runtime spec a module's container takes notice of. */
export interface Spec {
  readonly process: {
    readonly args: readonly string[];
    /** `NAME=value`. */
    readonly env?: readonly string[];
    readonly cwd: string;
    readonly user?: {
      readonly uid: number;
      readonly gid: number;
      readonly additionalGids?: readonly number[];
    };
    readonly oomScoreAdj?: number;
  };
  /** Its path is `rootfs`, or another one that is absolute or below the bundle. */
  readonly root: { readonly path: string; readonly readonly?: boolean };
  readonly mounts?: readonly SpecMount[];
  readonly linux?: {
    readonly cgroupsPath?: string;
    readonly resources?: { readonly memory?: { readonly limit?: number } };
  };
}

/** A mount into the root file system. */
export interface SpecMount {
  readonly destination: string;
  readonly type?: string;
  readonly source?: string;
  readonly options?: readonly string[];
}

/**
 * Reads the spec of a bundle.
 * @throws {Error} where it is not there, or is none.
 */
export function readSpec(bundle: string): Spec {
  return JSON.parse(Deno.readTextFileSync(`${bundle}/config.json`));
}
