import type { ExplainRequest, Explanation, Facts } from "../../control/explanation.ts";
import type { Scheme } from "../../rules/authority.ts";
import { normalAuthority } from "../../rules/authority.ts";
import { enter } from "../request/enter.ts";
import type { Received } from "../request/inbound.ts";
import type { ServedSites } from "../site.ts";
import { adviceFor } from "./advice.ts";
import { factsOf } from "./facts.ts";
import { stepsFor } from "./words.ts";

export interface ExplainOptions {
  readonly sites: () => ServedSites;
  readonly now: () => number;
}

/** Says what would become of requests, and asks for that those who serve them. */
export function createExplain({ sites, now }: ExplainOptions) {
  return async function explain(asked: ExplainRequest): Promise<Explanation> {
    const received = receivedFor(asked, now());
    const served = sites().siteFor(received.host);
    if (served === null) return explained(siteless(asked, received));
    const { context, request } = enter(served, received);
    return explained(await factsOf(context, request, asked));
  };
}

function explained(facts: Facts): Explanation {
  return { ...facts, steps: stepsFor(facts), advice: adviceFor(facts) };
}

function siteless({ method }: ExplainRequest, { protocol, host, target }: Received): Facts {
  const outcome = { kind: "own", reason: "host-unknown", status: 421 } as const;
  const url = `${protocol}://${host}${target}`;
  return {
    ...{ url, method, outcome },
    ...{ site: null, rules: [], key: null, stored: [], origin: null, fetched: null },
  };
}

/** The request as if it had come just now. */
function receivedFor({ method, url, fields, from }: ExplainRequest, receivedAt: number): Received {
  const headers = new Headers(fields);
  const whole = /^(https?):\/\/([^/?#]*)([^#]*)/i.exec(url);
  const protocol: Scheme = whole?.[1]?.toLowerCase() === "https" ? "https" : "http";
  const host = normalAuthority(whole?.[2] ?? headers.get("host") ?? "", protocol) ?? "";
  if (whole !== null) headers.set("host", host);
  const path = whole?.[3] ?? url;
  return {
    ...{ method, host, protocol, receivedAt },
    target: path.startsWith("/") ? path : `/${path}`,
    received: headers,
    body: null,
    signal: new AbortController().signal,
    limitIdle: () => undefined,
    upgrade: () => false,
    clientAddress: from,
  };
}
