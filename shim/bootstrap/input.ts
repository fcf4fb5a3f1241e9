/** What containerd gives to a shim on standard input. */

/** The most that Go's shim reads. */
const MAX_INPUT_BYTES = 10 << 20;

/**
 * Reads the standard input. It waits for the end without a bound: containerd writes it at once, and kills a `start` that takes too long.
 * (Where it is nonblocking Deno tries again and again.) libc, which has a readAll(), takes a cold `start` 1 ms to load.
 * @throws {Error} If there are 10 MiB or more.
 */
export function takeInput(): Uint8Array<ArrayBuffer> {
  let input = new Uint8Array(4096);
  let length = 0;
  for (let count; (count = Deno.stdin.readSync(input.subarray(length))) !== null;) {
    length += count;
    if (length >= MAX_INPUT_BYTES) {
      throw new Error(`expected less than ${MAX_INPUT_BYTES} bytes on standard input`);
    }
    if (length === input.length) input = new Uint8Array(input.buffer.transfer(2 * length));
  }
  return input.subarray(0, length);
}
