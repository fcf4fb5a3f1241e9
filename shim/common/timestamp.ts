/** A google.protobuf.Timestamp, as it is decoded. */
interface Timestamp {
  readonly seconds: number;
  readonly nanos: number;
}

/** The time of a google.protobuf.Timestamp, to the millisecond. */
export function fromTimestamp({ seconds, nanos }: Timestamp): Date {
  return new Date(seconds * 1000 + nanos / 1e6);
}

/** Makes a google.protobuf.Timestamp of a time. */
export function toTimestamp(time: Date): Timestamp {
  const milliseconds = time.getTime();
  const seconds = Math.floor(milliseconds / 1000);
  return { seconds, nanos: (milliseconds - seconds * 1000) * 1_000_000 };
}
