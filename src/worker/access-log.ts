import type { Settings } from "../config/schema.ts";
import type { OnServed, Served } from "../serve/answer/outcome.ts";
import { clientsWords } from "./clients-words.ts";
import { formatCommon } from "./common-log-format.ts";
import { formatJson, formatPretty, type LogRecord } from "./log-format.ts";

/** How long a served request may wait to be formatted, away from the path of its answer. */
const formatAfterMilliseconds = 50;
/** Requests that wait at the most; from then on they are formatted at once. */
const recordsAtMost = 1024;

export interface AccessLogOptions extends Pick<Settings, "log" | "logSample"> {
  readonly colours: boolean;
  /** By how many milliseconds the clock of the requests is ahead of the wall clock. */
  readonly lead: () => number;
  readonly write: (lines: string) => void;
}

/**
 * Writes a line a request, formatted in batches after the answers have gone. Null when there is no log.
 * Of those that did not end in an error one in so many has a line. `flush` hands over what still waits.
 */
export function createAccessLog(
  options: AccessLogOptions,
): { readonly onServed: OnServed; flush(): void } | null {
  const { log, logSample, lead, write } = options;
  if (log === "off") return null;
  const format = formatOf(log, options.colours);
  const recordOf = log === "pretty" || log === "common" ? shortRecord : fullRecord;
  let unwritten = 0;
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
      if (logSample > 1 && !isError(served)) {
        unwritten = (unwritten + 1) % logSample;
        if (unwritten !== 1) return;
      }
      waiting.push(recordOf(served));
      if (waiting.length >= recordsAtMost) flush();
      else timer ??= setTimeout(flush, formatAfterMilliseconds);
    },
    flush,
  };
}

function formatOf(log: Exclude<Settings["log"], "off">, colours: boolean): (record: LogRecord) => string {
  switch (log) {
    case "json":
      return formatJson;
    case "pretty":
      return (record) => formatPretty(record, colours);
    default:
      return (record) => formatCommon(record, log);
  }
}

/** Who looks for what went wrong finds all of it. */
function isError({ status, cache }: Served): boolean {
  return status >= 500 || cache === "ERROR";
}

/** Its instant is not yet the wall clock's. */
type Waiting = LogRecord & { at: number };

/**
 * What a line for people has room for. Each thing is named: what else is told of a request, such as the fields of its answer
 * with their cookies, is not for a log, and would keep the answer as long as it waits.
 */
function shortRecord(served: Served): Waiting {
  const { at, site, cache, reason, forwarded, status, method, target, bytes, client, protocol } = served;
  const { milliseconds, firstByteMilliseconds } = served;
  return {
    at,
    ...(site === undefined ? {} : { site }),
    cache,
    reason,
    ...(forwarded === undefined ? {} : { forwarded }),
    ...{ status, method, target, bytes, milliseconds, firstByteMilliseconds, protocol },
    ...(client === null ? {} : { client }),
  };
}

/** The client's fields are read while they are at hand; a batch of requests is not kept for their sake. */
function fullRecord(served: Served): Waiting {
  return { ...shortRecord(served), ...clientsWords(served.received) };
}
