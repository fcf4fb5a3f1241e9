/** Makes a google.protobuf.Timestamp of a time. */
export function toTimestamp(time: Date): { seconds: number; nanos: number } {
  const milliseconds = time.getTime();
  const seconds = Math.floor(milliseconds / 1000);
  return { seconds, nanos: (milliseconds - seconds * 1000) * 1_000_000 };
}
