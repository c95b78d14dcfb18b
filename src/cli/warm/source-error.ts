/** A source of URLs is not what it should be; the message tells what is wrong, and where. */
export class SourceError extends Error {
  override readonly name = "SourceError";
}
