/** What a Task service is to its server, and the server to it. What serves is loaded by run.ts alone, when it is asked for. */
export type { Publisher } from "./events.ts";
export type { Sandbox } from "./sandbox.ts";
export type { CreateTask, Shim } from "./shim.ts";
export type { ServedTask, Task } from "./task.ts";
