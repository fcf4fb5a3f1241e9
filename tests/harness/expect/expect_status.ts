import { assertEquals, assertRejects } from "@std/assert";
import { StatusError } from "../../../shim/ttrpc/mod.ts";

/** Expects an answer with the status `code`, and answers its message. */
export async function expectStatus(code: number, answer: Promise<unknown>): Promise<string> {
  const error = await assertRejects(() => answer, StatusError);
  assertEquals(error.code, code, error.message);
  return error.message;
}
