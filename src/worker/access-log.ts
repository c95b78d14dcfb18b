import type { Settings } from "../config/schema.ts";
import type { OnServed, Served } from "../serve/outcome.ts";
import { formatJson, formatPretty } from "./log-format.ts";

/** How long a served request may wait to be formatted, away from the path of its answer. */
const formatAfterMilliseconds = 50;
/** Requests that wait at the most; from then on they are formatted at once. */
const recordsAtMost = 1024;

/**
 * Writes a line a request, formatted in batches after the answers have gone. Null when there is no log.
 * `flush` hands over what still waits.
 */
export function createAccessLog(
  log: Settings["log"],
  colours: boolean,
  write: (lines: string) => void,
): { readonly onServed: OnServed; flush(): void } | null {
  if (log === "off") return null;
  const format = log === "json" ? formatJson : (served: LogRecord) => formatPretty(served, colours);
  let waiting: LogRecord[] = [];
  let timer: ReturnType<typeof setTimeout> | null = null;

  function flush(): void {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    const records = waiting;
    waiting = [];
    if (records.length > 0) write(records.map((record) => `${format(record)}\n`).join(""));
  }

  return {
    onServed(served) {
      waiting.push(recordOf(served));
      if (waiting.length >= recordsAtMost) flush();
      else timer ??= setTimeout(flush, formatAfterMilliseconds);
    },
    flush,
  };
}

type LogRecord = Parameters<typeof formatJson>[0];

function recordOf({ client, ...served }: Served): LogRecord {
  return client === null ? served : { ...served, client };
}
