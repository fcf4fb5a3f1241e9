/**
 * protobufjs as the generated code uses it: on plain Uint8Arrays, with 64-bit integers as numbers.
 *
 * @module
 */

// Its place is before protobufjs, whose loading it changes.
import { restoreGlobals } from "./hidden_globals.ts";
import protobuf from "protobufjs/minimal";

// Here and not in a module imported last: bundled, protobufjs runs only when this module's body begins.
restoreGlobals();

// protobufjs's own way to say that there is no Long: numbers take its place.
protobuf.util.Long = null!;
protobuf.configure();

export default protobuf;
