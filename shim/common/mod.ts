/** Small helpers that the other folders share, and that import nothing. */
export { endsWithin } from "./ends_within.ts";
export { exists, removeIfThere } from "./files.ts";
export { IDENTIFIER, isIdentifier } from "./identifier.ts";
export { createLogger, type Fields, type Logger, type LogLevel, orWarn } from "./logger.ts";
export { annotate, type Attributes, inSpan, traceparent } from "./spans.ts";
export { after, sleep } from "./timer.ts";
export { toTimestamp } from "./timestamp.ts";
