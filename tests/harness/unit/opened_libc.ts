/** Opens all functions of libc ahead of the tests: Deno takes one that is first opened in a test for a leak of that test. */
import { compile, symbols, variables } from "../../../shim/libc/library.ts";

Object.getOwnPropertyNames(symbols).forEach(compile);
variables.environ;
