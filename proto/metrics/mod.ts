/** The statistics of cgroups, as `../mod.ts` has all other messages. A server loads them when it is first asked for statistics. */
export * from "./generated.ts";
