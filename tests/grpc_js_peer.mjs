/**
 * A client by gRPC's own library, in a process of its own; see grpc_js_client.ts.
 *
 * Standard input has a line for each call: `{ path, payload, timeoutMs? }`; standard output a line for each answer, in the order in
 * which they come: `{ call, payload }` or `{ call, code, message }`, `call` being the number of the line. Payloads are hexadecimal.
 * Its arguments are the library's specifier and the path of the server's socket. It ends with its input, or when the connection is lost: `{ closed: true }`.
 */
import { Buffer } from "node:buffer";
import { createInterface } from "node:readline";
import process from "node:process";

const [specifier, path] = process.argv.slice(2);
const { default: grpc } = await import(specifier);
const client = new grpc.Client(`unix:${path}`, grpc.credentials.createInsecure());
const codec = (bytes) => Buffer.from(bytes);
const tell = (line) => console.log(JSON.stringify(line));
const channel = client.getChannel();

function watch(state) {
  channel.watchConnectivityState(state, Infinity, () => {
    const next = channel.getConnectivityState(false);
    if (state === grpc.connectivityState.READY) tell({ closed: true });
    else watch(next);
  });
}
watch(channel.getConnectivityState(true));

let calls = 0;
for await (const line of createInterface({ input: process.stdin })) {
  const { path, payload, timeoutMs } = JSON.parse(line);
  const call = calls++;
  const options = timeoutMs === undefined ? {} : { deadline: Date.now() + timeoutMs };
  const request = Buffer.from(payload, "hex");
  client.makeUnaryRequest(path, codec, codec, request, options, (error, answer) => {
    if (error) tell({ call, code: error.code, message: error.details });
    else tell({ call, payload: answer.toString("hex") });
  });
}
client.close();
