/** The messages of the Sandbox service, as `../mod.ts` has those of all others. A server loads them when it is asked for a sandbox. */
export * from "./generated.ts";
