/** Opens all functions of libc ahead of the tests: Deno takes one that is first used in a test for a leak of that test. */
import { symbols, variables } from "../../../shim/libc/library.ts";

// Looking at one opens it.
Object.getOwnPropertyNames(symbols).forEach((name) => symbols[name as keyof typeof symbols]);
variables.environ;
