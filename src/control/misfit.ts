import type { z } from "zod";

/** What does not fit, in one line: `log.lines: Invalid input: expected string, received undefined`. */
export function misfit(error: z.ZodError, message: unknown): string {
  const kind =
    typeof message === "object" && message !== null && "kind" in message
      ? String(message.kind)
      : typeof message;
  const issue = error.issues[0];
  return `${[kind, ...(issue?.path ?? [])].map(String).join(".")}: ${issue?.message ?? "does not fit"}`;
}
