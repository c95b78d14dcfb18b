import type { Settings } from "../config/schema.ts";
import { createClientReader } from "../origin/client-reader.ts";
import { createDeadlines } from "../origin/deadlines.ts";
import type { Scheme } from "../rules/authority.ts";
import type { ExplainedEntry, ExplainOptions } from "../serve/explain/explain.ts";

/** A little less than the supervisor waits for a worker that asks the origin. */
const patienceMilliseconds = 8_000;

/**
 * How a request that is explained would come in. Behind a proxy that may name the client, it may come by either scheme; else
 * by those that are listened to: a visitor's https URL is an http one to a cache behind a server that speaks TLS for it and
 * is not trusted to tell of that.
 */
export function explainedEntries({
  listen,
  trust,
}: Pick<Settings, "listen" | "trust">): Pick<ExplainOptions, "entries" | "localHost" | "patience"> {
  const listened = listen.map((address) => (address.kind === "tcp" ? address.scheme : "http"));
  const [first = "http"] = listened;
  const others: readonly Scheme[] = trust.length > 0 ? ["http", "https"] : listened;
  const entryOf = (protocol: Scheme): ExplainedEntry => ({
    protocol,
    clients: createClientReader({ trust, protocol, isUnix: false }),
  });
  const rest = [...new Set(others)].filter((protocol) => protocol !== first);
  const port = listen.find((address) => address.kind === "tcp")?.port;
  return {
    entries: [entryOf(first), ...rest.map(entryOf)],
    patience: createDeadlines(patienceMilliseconds),
    localHost: port === undefined ? "localhost" : `localhost:${port}`,
  };
}
