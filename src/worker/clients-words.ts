import type { FieldReader } from "../rules/fields.ts";
import type { LogRecord } from "./log-format.ts";

/** Characters: what is longer says no more to people, and a log should not grow by 16 KB for each request. */
const longest = 500;

/** What a client says of itself and of where it comes from, as far as it belongs into a log. */
export function clientsWords(received: FieldReader): Pick<LogRecord, "host" | "userAgent" | "referer"> {
  const [host, userAgent, referer] = [
    received.get("host"),
    received.get("user-agent"),
    received.get("referer"),
  ];
  return {
    ...(host === null ? {} : { host: shortened(host.slice(host.lastIndexOf("@") + 1)) }),
    ...(userAgent === null ? {} : { userAgent: shortened(userAgent) }),
    ...(referer === null ? {} : { referer: shortened(withoutUser(referer)) }),
  };
}

/** RFC 9110 §10.1.3: a Referer has no user's name and password, but some clients send theirs. */
function withoutUser(referer: string): string {
  return referer.replace(/^((?:[a-z][a-z0-9+.-]*:)?[/\\]{2})[^/?#\\]*@/i, "$1");
}

function shortened(text: string): string {
  return text.length > longest ? `${text.slice(0, longest)}…` : text;
}
