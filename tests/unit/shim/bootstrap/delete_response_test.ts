import { assertEquals } from "@std/assert";
import { DeleteResponse } from "../../../../proto/mod.ts";
import { encodeDeleteResponse } from "../../../../shim/bootstrap/delete_response.ts";
import { toTimestamp } from "../../../../shim/common/timestamp.ts";

Deno.test("delete response: what protobuf's library encodes", () => {
  for (const pid of [0, 1, 127, 128, 4321, 4_194_304, 4_294_967_295]) {
    for (const exitStatus of [0, 1, 137, 255]) {
      for (const milliseconds of [0, 1, 999, 1000, 1_769_862_896_789, 253_402_300_799_999]) {
        const exitedAt = new Date(milliseconds);
        assertEquals(
          encodeDeleteResponse({ pid, exitStatus, exitedAt }),
          Uint8Array.from(
            DeleteResponse.encode({ pid, exitStatus, exitedAt: toTimestamp(exitedAt) }).finish(),
          ),
        );
      }
    }
  }
});
