import { removeIfThere } from "../common/mod.ts";
/**
 * The file of the server's socket. Another server may have one with the same path by the time that this one ends: that stays. Disposed
 * of, it is removed unless it is to be kept.
 */
export class SocketFile implements Disposable {
  #inode: number | undefined;
  #isKept = false;

  constructor(readonly path: string) {}

  /** To be called when the server has made it. */
  made(): void {
    this.#inode = this.#inodeNow();
  }

  /** To be called when somebody knows of the server. */
  keep(): void {
    this.#isKept = true;
  }

  remove(): void {
    if (this.#inode !== undefined && this.#inode === this.#inodeNow()) removeIfThere(this.path);
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
