/** Frames that are none, on connections of their own, while another connection is served. */
import { setTimeout as delay } from "node:timers/promises";
import {
  CloseIORequest,
  CreateTaskRequest,
  ExecProcessRequest,
  KillRequest,
  Request,
  StateRequest,
  WaitRequest,
} from "../../proto/mod.ts";
import { encodeFrame, FrameType } from "../../shim/ttrpc/frame.ts";
import { eventually } from "../../tests/harness/expect/eventually.ts";
import { within } from "../../tests/harness/expect/within.ts";
import { isAlive } from "../../tests/harness/machine/processes.ts";
import { DirectShim } from "../../tests/harness/shim/direct_shim.ts";
import type { Random } from "../round/random.ts";
import { ID, type Round, type Scenario } from "../round/scenario.ts";
import { describeUsage, usageOf } from "../round/usage.ts";

/** No container has it, nor one like it: what garbage asks for is not there. */
const NOBODY = "a-container-that-is-not-there";
/** At full length. */
const FRAMES = 1_000_000;
/** Written at once. */
const FRAMES_PER_WRITE = 50;
const CONNECTIONS = 4;
const ANSWER_SECONDS = 10;
/** How long the server may need to forget the last deadlines of calls, and give memory back. */
const QUIET_MS = 5_000;
/** Over what it had before. */
const MOST_MORE_MIB = 64;
const SERVICE = "containerd.task.v2.Task";
const REQUESTS: readonly [method: string, payload: Uint8Array][] = [
  ["State", StateRequest.encode({ id: NOBODY }).finish()],
  ["Wait", WaitRequest.encode({ id: NOBODY }).finish()],
  ["Kill", KillRequest.encode({ id: NOBODY, signal: 9, all: true }).finish()],
  ["CloseIO", CloseIORequest.encode({ id: NOBODY, stdin: true }).finish()],
  ["Exec", ExecProcessRequest.encode({ id: NOBODY, execId: "visitor", stdin: "/none" }).finish()],
  ["Create", CreateTaskRequest.encode({ id: NOBODY, bundle: "/none" }).finish()],
];

/** The scenario. */
export const garbage: Scenario = {
  name: "garbage",
  about: "a million frames of garbage and mutations while another connection is served",
  once: true,
  bound: 3_600,
  async round({ containerd, random, findings, deadline }: Round): Promise<void> {
    const shim = await DirectShim.run(containerd, ID);
    const { tasks } = shim;
    const end = tasks.call("Wait", { id: ID }).then(
      ({ exitStatus }) => exitStatus,
      () => undefined,
    );
    const state = await tasks.call("State", { id: ID });
    const before = usageOf(shim.pid);

    let sent = 0;
    const isOver = () => sent >= FRAMES || performance.now() > deadline || !isAlive(shim.pid);
    const pester = async () => {
      while (!isOver()) sent += await sendUntilClosed(shim.address, random, isOver);
    };
    const visit = async () => {
      while (!isOver()) {
        const answer = tasks.call("State", { id: ID });
        const { pid, status } = await within(ANSWER_SECONDS, "an answer to State", answer);
        if (pid !== state.pid || status !== state.status) {
          findings.add("wrong", `State answers pid ${pid}, status ${status}`);
        }
        await delay(10);
      }
    };
    const all = [visit(), ...Array.from({ length: CONNECTIONS }, pester)];
    await Promise.all(all).catch((error) => findings.addError(error));
    findings.doing = `${sent} frames`;
    if (!isAlive(shim.pid)) return findings.add("lost", "the server has died");
    const noMore = `no more than ${before.descriptors} descriptors`;
    await eventually(noMore, () => usageOf(shim.pid).descriptors <= before.descriptors || undefined)
      .catch((error) => findings.addError(error, "left"));
    await delay(QUIET_MS);
    const after = usageOf(shim.pid);
    console.log(
      `garbage: ${sent} frames; ${describeUsage(before)} before, ${describeUsage(after)} after`,
    );
    if (after.privateMiB > before.privateMiB + MOST_MORE_MIB) {
      findings.add("left", `${describeUsage(after)}, after ${describeUsage(before)}`);
    }
    await shim.end();
    const status = await end;
    if (status !== 137) findings.add("wrong", `Wait answers ${status} of a killed init`);
  },
};

/** Sends frames until the server hangs up, or the client does at a random moment; answers how many it has sent. */
async function sendUntilClosed(
  address: string,
  random: Random,
  isOver: () => boolean,
): Promise<number> {
  using connection = await Deno.connect({
    transport: "unix",
    path: address.replace("unix://", ""),
  });
  const buffer = new Uint8Array(65536);
  const readAll = async () => {
    while (await connection.read(buffer) !== null);
  };
  const closed = readAll().catch(() => {});
  let streamId = 1;
  let sent = 0;
  const most = random.integer(1, 2_000);
  try {
    while (sent < most && !isOver()) {
      const frames: Uint8Array[] = [];
      for (let index = 0; index < FRAMES_PER_WRITE; index++, streamId += 2) {
        frames.push(hostileFrame(random, streamId));
      }
      const bytes = concatenate(frames);
      for (let written = 0; written < bytes.length;) {
        written += await connection.write(bytes.subarray(written));
      }
      sent += frames.length;
    }
    if (random.onceIn(2)) connection.closeWrite();
    else connection.close();
  } catch {
    // The server has hung up, as it should at what is no frame.
    sent += FRAMES_PER_WRITE;
  }
  await within(ANSWER_SECONDS, "an end of a hostile connection", closed);
  return sent;
}

/** A frame that begins as a request does, with something wrong in it; mostly such that the connection goes on. */
function hostileFrame(random: Random, streamId: number): Uint8Array {
  const frame = encodeFrame(streamId, FrameType.REQUEST, hostileRequest(random));
  const header = new DataView(frame.buffer);
  switch (random.integer(1, 400)) {
    case 1: // A length that is not the data's.
      header.setUint32(0, random.integer(0, 2 ** 32 - 1));
      break;
    case 2: // Bits of the header.
      frame[random.integer(0, 9)] ^= 1 << random.integer(0, 7);
      break;
    case 3: // No frame at all.
      frame.set(random.bytes(frame.length));
      break;
    case 4: // An end in the middle.
      return frame.subarray(0, random.integer(1, frame.length - 1));
    case 5: // A stream that is not new.
      header.setUint32(4, random.integer(0, streamId));
      break;
    case 6:
    case 7: // Flags and types of later versions.
      frame[8] = random.integer(0, 255);
      frame[9] = random.integer(0, 255);
  }
  return frame;
}

function hostileRequest(random: Random): Uint8Array {
  const [method, payload] = random.pick(REQUESTS);
  const timeoutNano = random.onceIn(4) ? random.integer(-1, 2 ** 32) : 0;
  const request = Request.encode({ service: SERVICE, method, payload, timeoutNano }).finish();
  switch (random.integer(1, 4)) {
    case 1:
      return random.bytes(random.integer(0, 100));
    case 2: {
      // Single bits, wherever they are.
      const changed = request.slice();
      for (let times = random.integer(1, 3); times > 0; times--) {
        changed[random.integer(0, changed.length - 1)] ^= 1 << random.integer(0, 7);
      }
      return changed;
    }
    case 3:
      return request.subarray(0, random.integer(0, request.length));
    default:
      return Request.encode({ service: SERVICE, method, payload: random.bytes(50) }).finish();
  }
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let end = 0;
  for (const part of parts) {
    whole.set(part, end);
    end += part.length;
  }
  return whole;
}
