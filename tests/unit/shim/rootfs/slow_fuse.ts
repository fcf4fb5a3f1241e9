/**
 * A FUSE file system of a block device (include/uapi/linux/fuse.h) that takes its time to be unmounted: it says that it has what it
 * wants when it is asked for the last time. Its standard input and output are the same open /dev/fuse; the argument is that time, in
 * ms.
 */
const INIT = 26;
const DESTROY = 38;

const request = new Uint8Array(1 << 20);
for (let count; (count = Deno.stdin.readSync(request)) !== null;) {
  // struct fuse_in_header: len at 0, opcode at 4, unique at 8.
  const header = new DataView(request.buffer, 0, count);
  const opcode = header.getUint32(4, true);
  // struct fuse_out_header: len at 0, error at 4, unique at 8; struct fuse_init_out behind it: major, minor, 64 bytes in all.
  const answer = new DataView(new ArrayBuffer(opcode === INIT ? 16 + 64 : 16));
  answer.setUint32(0, answer.byteLength, true);
  answer.setBigUint64(8, header.getBigUint64(8, true), true);
  if (opcode === INIT) {
    answer.setUint32(16, 7, true);
    answer.setUint32(20, 31, true);
  }
  if (opcode === DESTROY) {
    await new Promise((resolve) => setTimeout(resolve, Number(Deno.args[0])));
  }
  Deno.stdout.writeSync(new Uint8Array(answer.buffer));
  if (opcode === INIT) console.error("ready");
  if (opcode === DESTROY) break;
}
