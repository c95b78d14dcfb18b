/** What the operator asked for cannot be done; the message is one line that says what was wrong and what would be right. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
