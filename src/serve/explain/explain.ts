import type { ExplainRequest, Explanation, Facts } from "../../control/explanation.ts";
import type { ClientReader } from "../../origin/client-reader.ts";
import type { Deadlines } from "../../origin/deadlines.ts";
import type { Scheme } from "../../rules/authority.ts";
import { normalTarget, targetOf } from "../../rules/target.ts";
import { enter } from "../request/enter.ts";
import type { Received } from "../request/inbound.ts";
import type { ServedSites } from "../site.ts";
import { adviceFor } from "./advice.ts";
import { factsOf } from "./facts.ts";
import { stepsFor } from "./words.ts";

export interface ExplainOptions {
  readonly sites: () => ServedSites;
  readonly now: () => number;
  /** Where clients come in, by the scheme in which they do; the first one where the scheme that is asked for is none of them. */
  readonly entries: readonly [ExplainedEntry, ...ExplainedEntry[]];
  /** Whom a path is asked of where no host is named: "localhost:8888". */
  readonly localHost: string;
  /** How long the origin may take, where it is asked. */
  readonly patience: Deadlines;
}

export interface ExplainedEntry {
  readonly protocol: Scheme;
  readonly clients: Pick<ClientReader, "facts">;
}

/** Says what would become of requests, and asks for that those who serve them. */
export function createExplain(options: ExplainOptions) {
  return async function explain(asked: ExplainRequest): Promise<Explanation> {
    const sites = options.sites();
    const received = receivedFor(asked, sites, options);
    const served = sites.siteFor(received.host);
    if (served === null) return withScheme(explained(siteless(received)), asked.url);
    const { context, request } = enter(served, received);
    const facts = await factsOf(context, request, received.received, asked.fetch ? options.patience : null);
    return withScheme(explained(facts), asked.url);
  };
}

/** Facts with what they come to in words. */
export function explained(facts: Facts): Explanation {
  return { ...facts, steps: stepsFor(facts), advice: adviceFor(facts) };
}

/** A proxy before this one may speak https for it: then what is stored for one scheme is not what is stored for the other. */
export function withScheme(explanation: Explanation, url: string): Explanation {
  const [protocol = ""] = explanation.url.split(":", 1);
  const wanted = URL.parse(url)?.protocol.replace(":", "") ?? protocol;
  if (wanted === protocol) return explanation;
  const text = `a request by ${protocol}, for nobody listens for ${wanted} here. Behind a proxy that speaks ${wanted}, and that --trust names, give its address and what it says: --from ADDRESS -H 'X-Forwarded-Proto: ${wanted}'`;
  const [verdict, ...steps] = explanation.steps;
  const told = { about: "scheme", text, clause: null };
  return { ...explanation, steps: verdict === undefined ? [told] : [verdict, told, ...steps] };
}

/** A request that no site answers. */
export function siteless({ method, protocol, host, target, clientAddress }: Received): Facts {
  const outcome = { kind: "own", reason: "host-unknown", status: 421 } as const;
  const url = `${protocol}://${host}${target}`;
  return {
    ...{ url, method, outcome, client: clientAddress, underWay: 0, rules: [], stored: [], targeted: [] },
    ...{ site: null, sender: null, key: null, lastFailure: null, origins: [], origin: null, fetched: null },
  };
}

/** The request as if it had come just now. */
function receivedFor(
  { method, url, fields, from }: ExplainRequest,
  sites: ServedSites,
  { entries, localHost, now }: ExplainOptions,
): Received {
  const whole = URL.parse(url);
  const headers = new Headers(fields);
  if (!headers.has("host")) headers.set("host", whole?.host ?? sites.firstHost ?? localHost);
  const { clients } = entries.find(({ protocol }) => `${protocol}:` === whole?.protocol) ?? entries[0];
  const { address, protocol, host, speaksForOthers } = clients.facts(headers, () => from);
  return {
    ...{ method, host, protocol, speaksForOthers, receivedAt: now() },
    target: whole === null ? normalTarget(url) : targetOf(whole.href),
    received: headers,
    body: null,
    signal: new AbortController().signal,
    limitIdle: () => undefined,
    upgrade: () => false,
    clientAddress: address,
  };
}
