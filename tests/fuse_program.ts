/**
 * A FUSE file system (include/uapi/linux/fuse.h) of one folder that takes any file and what is appended to it. Its standard input
 * and output are the same open /dev/fuse; the argument is a folder where the files really are. Stopped (SIGSTOP) it answers nothing
 * any more, as a server of NFS that is gone.
 */
import { write } from "../shim/libc/mod.ts";

const STDOUT = 1;
const ENOENT = 2, ENOSYS = 38;
const INIT = 26, LOOKUP = 1, FORGET = 2, GETATTR = 3, SETATTR = 4, OPEN = 14, WRITE = 16;
const RELEASE = 18, FLUSH = 25, INTERRUPT = 36, CREATE = 35, DESTROY = 38, BATCH_FORGET = 42;
/** fuse_in_header and fuse_out_header. */
const IN_HEADER = 40, OUT_HEADER = 16;
const ROOT = 1;

const [folder] = Deno.args;
/** The names of the files, by their node ids, of which the first two are none. */
const names = ["", ""];
const files = new Map<number, Deno.FsFile>();
const request = new Uint8Array(1 << 20);

for (let count; (count = Deno.stdin.readSync(request)) !== null;) {
  // struct fuse_in_header: len at 0, opcode at 4, unique at 8, nodeid at 16.
  const header = new DataView(request.buffer, 0, count);
  const opcode = header.getUint32(4, true);
  if (opcode === FORGET || opcode === BATCH_FORGET || opcode === INTERRUPT) continue;
  answer(
    header.getBigUint64(8, true),
    handle(opcode, Number(header.getBigUint64(16, true)), count),
  );
  if (opcode === INIT) console.error("ready");
  if (opcode === DESTROY) break;
}

/** @returns What follows the header of the answer, or an error number. */
function handle(opcode: number, node: number, count: number): DataView | number {
  const body = request.subarray(IN_HEADER, count);
  switch (opcode) {
    case INIT: {
      // struct fuse_init_out: major, minor; 64 bytes in all.
      const init = new DataView(new ArrayBuffer(64));
      init.setUint32(0, 7, true);
      init.setUint32(4, 31, true);
      // max_write
      init.setUint32(20, 1 << 17, true);
      return init;
    }
    case LOOKUP: {
      const found = names.indexOf(nameIn(body), 2);
      return found === -1 ? ENOENT : entry(found, 0);
    }
    case CREATE: {
      // struct fuse_create_in: 16 bytes.
      const name = nameIn(body.subarray(16));
      names.push(name);
      files.set(
        names.length - 1,
        Deno.openSync(`${folder}/${name}`, { append: true, create: true }),
      );
      // struct fuse_entry_out, struct fuse_open_out.
      return entry(names.length - 1, 16);
    }
    case GETATTR:
    case SETATTR: {
      const attributes = new DataView(new ArrayBuffer(104));
      setAttributes(attributes, 16, node);
      return attributes;
    }
    case OPEN:
      return new DataView(new ArrayBuffer(16));
    case WRITE: {
      // struct fuse_write_in: size at 16, 40 bytes in all.
      const data = body.subarray(40);
      files.get(node)!.writeSync(data);
      const written = new DataView(new ArrayBuffer(8));
      written.setUint32(0, data.length, true);
      return written;
    }
    case FLUSH:
    case RELEASE:
    case DESTROY:
      return new DataView(new ArrayBuffer(0));
    default:
      return ENOSYS;
  }
}

function nameIn(body: Uint8Array): string {
  return new TextDecoder().decode(body.subarray(0, body.indexOf(0)));
}

/** struct fuse_entry_out: nodeid at 0, attributes at 40, 128 bytes in all. Nothing of it may be kept in the kernel's cache. */
function entry(node: number, more: number): DataView {
  const out = new DataView(new ArrayBuffer(128 + more));
  out.setBigUint64(0, BigInt(node), true);
  setAttributes(out, 40, node);
  return out;
}

/** struct fuse_attr: ino at 0, size at 8, mode at 60, nlink at 64. */
function setAttributes(out: DataView, offset: number, node: number): void {
  out.setBigUint64(offset, BigInt(node), true);
  const size = files.get(node)?.statSync().size ?? 0;
  out.setBigUint64(offset + 8, BigInt(size), true);
  out.setUint32(offset + 60, node === ROOT ? 0o40755 : 0o100644, true);
  out.setUint32(offset + 64, 1, true);
}

function answer(unique: bigint, result: DataView | number): void {
  const bytes = typeof result === "number" ? 0 : result.byteLength;
  // struct fuse_out_header: len at 0, error at 4, unique at 8.
  const out = new Uint8Array(OUT_HEADER + bytes);
  const header = new DataView(out.buffer);
  header.setUint32(0, out.length, true);
  if (typeof result === "number") header.setInt32(4, -result, true);
  else out.set(new Uint8Array(result.buffer), OUT_HEADER);
  header.setBigUint64(8, unique, true);
  // Deno.stdout would write it line by line.
  write(STDOUT, out);
}
