import { removeIfThere } from "../common/mod.ts";

/**
 * The file of the server's socket. When the server ends, another one may have made a socket with the same path, which must stay. The
 * file is removed when this is disposed of, unless {@linkcode keep} was called.
 */
export class SocketFile implements Disposable {
  #inode: number | undefined;
  #isKept = false;

  constructor(readonly path: string) {}

  /** Must be called when the server has made the file. */
  made(): void {
    this.#inode = this.#inodeNow();
  }

  /** Must be called when containerd knows of the server. */
  keep(): void {
    this.#isKept = true;
  }

  /** Whether it is there, and this server's. */
  get isThere(): boolean {
    return this.#inode !== undefined && this.#inode === this.#inodeNow();
  }

  /** Removes the file, if it is there and this server's. */
  remove(): void {
    if (this.isThere) removeIfThere(this.path);
  }

  [Symbol.dispose](): void {
    if (!this.#isKept) this.remove();
  }

  #inodeNow(): number | undefined {
    try {
      return Deno.lstatSync(this.path).ino ?? undefined;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw error;
    }
  }
}
