/**
 * The init of a pod whose containers share a PID namespace: a program of some 300 bytes, as it stands in an ELF file. It ignores
 * SIGCHLD, so that the kernel reaps the orphans that it gets, and ends by SIGTERM or SIGINT, which a machine that shuts down sends to all:
 *
 * ```c
 * rt_sigaction(SIGCHLD, &ignore, NULL, 8);
 * rt_sigprocmask(SIG_BLOCK, &ends, NULL, 8);
 * while (rt_sigtimedwait(&ends, NULL, NULL, 8) < 0);
 * exit(0);
 * ```
 *
 * It has no handlers, by which a frame would have to be left: blocked signals are kept for rt_sigtimedwait, also for a PID 1.
 */

const SIGINT = 2;
const SIGTERM = 15;
const SIGCHLD = 17;
const SIG_BLOCK = 0;
const SIG_IGN = 1n;

const HEADER_BYTES = 64;
const PROGRAM_HEADER_BYTES = 56;
const CODE = HEADER_BYTES + 2 * PROGRAM_HEADER_BYTES;
/** Where the file lies in memory; a multiple of every page size. */
const ADDRESS = 0x40_0000;
const PAGE = 0x1_0000;

/** struct sigaction of the kernel: handler, flags, restorer, mask. */
const IGNORE = BigUint64Array.of(SIG_IGN, 0n, 0n, 0n);
/** sigset_t of the kernel: a bit for each signal, from 1 on. */
const ENDS = BigUint64Array.of(1n << BigInt(SIGTERM - 1) | 1n << BigInt(SIGINT - 1));
const SET_BYTES = 8;

/** Where the data lie, seen from the begin of the code. */
interface Data {
  readonly ignore: number;
  readonly ends: number;
}

/** An architecture: its number in ELF (EM_*), and the program. */
interface Architecture {
  readonly machine: number;
  readonly code: (data: Data) => Uint8Array;
}

const ARCHITECTURES: Readonly<Record<typeof Deno.build.arch, Architecture>> = {
  x86_64: { machine: 62, code: x86 },
  aarch64: { machine: 183, code: arm },
};

/** The program, as a static executable. */
export function leastInit(architecture = Deno.build.arch): Uint8Array<ArrayBuffer> {
  const { machine, code } = ARCHITECTURES[architecture];
  // Its length does not depend on where the data are.
  const length = align(code({ ignore: 0, ends: 0 }).length);
  const data = { ignore: length, ends: length + IGNORE.byteLength };
  const bytes = new Uint8Array(CODE + data.ends + ENDS.byteLength);
  writeHeaders(new DataView(bytes.buffer), machine);
  bytes.set(code(data), CODE);
  bytes.set(new Uint8Array(IGNORE.buffer), CODE + data.ignore);
  bytes.set(new Uint8Array(ENDS.buffer), CODE + data.ends);
  return bytes;
}

function align(length: number): number {
  return Math.ceil(length / 8) * 8;
}

/** See elf(5). The whole file is one segment; another entry says that the stack is not executable. */
function writeHeaders(view: DataView, machine: number): void {
  const write16 = (at: number, value: number) => view.setUint16(at, value, true);
  const write32 = (at: number, value: number) => view.setUint32(at, value, true);
  const write64 = (at: number, value: number) => view.setBigUint64(at, BigInt(value), true);
  const [EXECUTABLE, CURRENT, LOAD, GNU_STACK] = [2, 1, 1, 0x6474_e551];
  const [EXECUTE, WRITE, READ] = [1, 2, 4];
  // Of 64 bits, little endian.
  view.setUint32(0, 0x7f45_4c46);
  view.setUint32(4, 0x0201_0100 | CURRENT << 8);
  write16(16, EXECUTABLE);
  write16(18, machine);
  write32(20, CURRENT);
  write64(24, ADDRESS + CODE);
  write64(32, HEADER_BYTES);
  write16(52, HEADER_BYTES);
  write16(54, PROGRAM_HEADER_BYTES);
  write16(56, 2);
  const segment = HEADER_BYTES;
  write32(segment, LOAD);
  write32(segment + 4, READ | EXECUTE);
  write64(segment + 16, ADDRESS);
  write64(segment + 24, ADDRESS);
  write64(segment + 32, view.byteLength);
  write64(segment + 40, view.byteLength);
  write64(segment + 48, PAGE);
  const stack = segment + PROGRAM_HEADER_BYTES;
  write32(stack, GNU_STACK);
  write32(stack + 4, READ | WRITE);
}

/** System calls take their number in rax, and arguments in rdi, rsi, rdx and r10. */
function x86({ ignore, ends }: Data): Uint8Array {
  const code: number[] = [];
  const add = (...bytes: number[]) => void code.push(...bytes);
  const int32 = (value: number) => [value, value >> 8, value >> 16, value >> 24];
  const rax = (value: number) => add(0xb8, ...int32(value)); // mov eax, value
  const rdi = (value: number) => add(0xbf, ...int32(value)); // mov edi, value
  // lea rdi/rsi, [rip + where]: seen from the next instruction.
  const rdiTo = (where: number) => add(0x48, 0x8d, 0x3d, ...int32(where - (code.length + 7)));
  const rsiTo = (where: number) => add(0x48, 0x8d, 0x35, ...int32(where - (code.length + 7)));
  const noRsi = () => add(0x31, 0xf6); // xor esi, esi
  const noRdx = () => add(0x31, 0xd2); // xor edx, edx
  const r10 = (value: number) => add(0x41, 0xba, ...int32(value)); // mov r10d, value
  const systemCall = () => add(0x0f, 0x05); // syscall
  const [RT_SIGACTION, RT_SIGPROCMASK, RT_SIGTIMEDWAIT, EXIT] = [13, 14, 128, 60];

  rax(RT_SIGACTION);
  rdi(SIGCHLD);
  rsiTo(ignore);
  noRdx();
  r10(SET_BYTES);
  systemCall();
  rax(RT_SIGPROCMASK);
  rdi(SIG_BLOCK);
  rsiTo(ends);
  noRdx();
  systemCall();
  const wait = code.length;
  rax(RT_SIGTIMEDWAIT);
  rdiTo(ends);
  noRsi();
  noRdx();
  systemCall();
  add(0x85, 0xc0); // test eax, eax
  add(0x78, wait - (code.length + 2)); // js wait
  rax(EXIT);
  rdi(0);
  systemCall();
  return Uint8Array.from(code);
}

/** System calls take their number in x8, and arguments from x0 on. Each instruction has four bytes. */
function arm({ ignore, ends }: Data): Uint8Array {
  const code: number[] = [];
  const here = () => code.length * 4;
  const move = (register: number, value: number) =>
    void code.push(0xd280_0000 | value << 5 | register); // movz xN, #value
  const address = (register: number, where: number) => {
    const offset = where - here();
    code.push(0x1000_0000 | (offset & 3) << 29 | (offset >> 2) << 5 | register); // adr xN, where
  };
  const systemCall = () => void code.push(0xd400_0001); // svc #0
  const [RT_SIGACTION, RT_SIGPROCMASK, RT_SIGTIMEDWAIT, EXIT] = [134, 135, 137, 93];

  move(8, RT_SIGACTION);
  move(0, SIGCHLD);
  address(1, ignore);
  move(2, 0);
  move(3, SET_BYTES);
  systemCall();
  move(8, RT_SIGPROCMASK);
  move(0, SIG_BLOCK);
  address(1, ends);
  systemCall();
  move(8, RT_SIGTIMEDWAIT);
  const wait = here();
  address(0, ends);
  move(1, 0);
  move(2, 0);
  systemCall();
  const back = wait - here();
  code.push(0xb7f8_0000 | (back >> 2 & 0x3fff) << 5); // tbnz x0, #63, wait
  move(8, EXIT);
  move(0, 0);
  systemCall();
  return new Uint8Array(Uint32Array.from(code).buffer);
}
