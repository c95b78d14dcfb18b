import type { Settings } from "../config/schema.ts";
import type { OnServed, Served } from "../serve/answer/outcome.ts";
import { clientsWords } from "./clients-words.ts";
import { formatJson, formatPretty } from "./log-format.ts";

/** How long a served request may wait to be formatted, away from the path of its answer. */
const formatAfterMilliseconds = 50;
/** Requests that wait at the most; from then on they are formatted at once. */
const recordsAtMost = 1024;

/**
 * Writes a line a request, formatted in batches after the answers have gone. Null when there is no log.
 * `lead` is by how many milliseconds the clock of the requests is ahead of the wall clock. `flush` hands over what still
 * waits.
 */
export function createAccessLog(
  log: Settings["log"],
  colours: boolean,
  lead: () => number,
  write: (lines: string) => void,
): { readonly onServed: OnServed; flush(): void } | null {
  if (log === "off") return null;
  const format = log === "json" ? formatJson : (served: LogRecord) => formatPretty(served, colours);
  const recordOf = log === "json" ? fullRecord : shortRecord;
  let waiting: Waiting[] = [];
  let timer: ReturnType<typeof setTimeout> | null = null;

  function flush(): void {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    const records = waiting;
    waiting = [];
    if (records.length === 0) return;
    const ahead = lead();
    for (const record of records) record.at -= ahead;
    write(records.map((record) => `${format(record)}\n`).join(""));
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
/** Its instant is not yet the wall clock's. */
type Waiting = LogRecord & { at: number };

/** What a line for people has room for. */
function shortRecord({ client, received, host: _, ...served }: Served): Waiting {
  return client === null ? served : { ...served, client };
}

/** The client's fields are read while they are at hand; a batch of requests is not kept for their sake. */
function fullRecord(served: Served): Waiting {
  return { ...shortRecord(served), ...clientsWords(served.received) };
}
