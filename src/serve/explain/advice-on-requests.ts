import type { Advice, Facts } from "../../control/explanation.ts";
import {
  type Advise,
  atOrigin,
  byOption,
  gentleLifetime,
  inFile,
  lifetimeField,
  likewise,
  nothing,
  ofClient,
  rule,
  ruleOfLifetime,
} from "./advice-parts.ts";
import { anyMatcher, nameMatcher } from "../../rules/glob.ts";
import { trackingParameters } from "../../sites/tracking.ts";
import { quoted } from "../../sites/written-rule.ts";
import { onSender } from "./advice-on-storing.ts";
import { onVary } from "./advice-on-vary.ts";
import { written } from "./durations.ts";
import { parameterName, parametersOf } from "./left-out.ts";

function onMiss(facts: Facts): readonly Advice[] {
  const tracking = onTracking(facts);
  if (facts.fetched !== null) return tracking;
  return [
    ...tracking,
    ofClient(
      "Nothing is stored yet. Whether the answer may be, explain tells when it asks the origin, too (--fetch); nothing is stored then.",
    ),
  ];
}

const isTracking = anyMatcher(trackingParameters.map(nameMatcher));

/** Each newsletter's link is a page of its own, though the server shows the same. */
function onTracking(facts: Facts): readonly Advice[] {
  const { key } = facts;
  if (key === null || !parametersOf(key.target).map(parameterName).some(isTracking)) return [];
  return [
    rule(
      facts,
      "The link has parameters of advertisements or newsletters, for each of which another copy is stored. Leave them out by a rule in the file",
      ['query = { ignore = "tracking" }'],
    ),
  ];
}

/** What is stored got old. */
function onStaleness(facts: Facts): readonly Advice[] {
  const lifetime = facts.stored.find(({ isSelected }) => isSelected)?.lifetime ?? 0;
  const longer = Math.max(gentleLifetime(facts), lifetime * 2);
  return [
    atOrigin(
      "It was fresh, and its time is over. If it may be older, or be refreshed while visitors get the former one, have the server send this, if every visitor gets the same:",
      lifetimeField(facts, `s-maxage=${longer}, stale-while-revalidate=${longer}`),
    ),
    rule(facts, `${likewise}, and over what the server says, add a rule to the file`, [
      `lifetime = ${quoted(written(longer))}`,
      `stale-while-revalidate = ${quoted(written(longer))}`,
    ]),
  ];
}

function onNoCache(facts: Facts): readonly Advice[] {
  return [
    atOrigin(
      "The server wants to be asked each time (no-cache). If every visitor gets the same, and it may be a little old, have it send:",
      lifetimeField(facts),
    ),
    rule(facts, `${likewise}, and over what the server says, add a rule to the file`, [
      ruleOfLifetime(facts),
    ]),
  ];
}

/** A reload: its next request without it is a hit. */
function onReload(facts: Facts): readonly Advice[] {
  return [
    ofClient(
      "The client asks past the cache, as browsers do on a reload and with their tools open. Others get what is stored.",
    ),
    rule(facts, "If clients are not to decide this, add a rule to the file", [
      'client-cache-control = "ignore"',
    ]),
  ];
}

function onIdentityOfStored(facts: Facts): readonly Advice[] {
  return [
    atOrigin(
      "This request tells who sends it, so it is not given what others got. Only if everybody may see it, also those without a key, have the server send:",
      lifetimeField(facts),
    ),
  ];
}

function onRule({ rules }: Facts): readonly Advice[] {
  const names = rules.join(", ");
  return [
    inFile(
      `A rule passes this on (${names}), usually because it is one visitor's: a login, a cart, an account. If it is not, narrow the conditions of that rule; one of a preset is overruled by pass = false in a rule of your own for this page.`,
    ),
  ];
}

function onUnknownHost({ url }: Facts): readonly Advice[] {
  const host = (URL.parse(url)?.hostname ?? "").toLowerCase();
  if (host === "") return [ofClient("The request names no host. Ask with the whole URL.")];
  // In the file a star would stand for the hosts of others.
  if (host.includes("*")) return [ofClient("The request names a host that there is not.")];
  const text = "No site has this host. If it is yours, add it to the hosts of its [[site]], for example:";
  return [inFile(text, `hosts = [${quoted(host)}]`)];
}

const removed = nothing("what was stored was out of date");
const purging = nothing("this removes what is stored, and asks for nothing");

/** How a request is answered, and what would have it answered from the cache. */
export const adviceOnRequests = {
  miss: onMiss,
  "vary-miss": onVary,
  "identity-miss": onIdentityOfStored,
  "sender-miss": onSender,
  "revalidate-stale": onStaleness,
  "revalidate-must": onStaleness,
  "revalidate-purged": nothing("a soft purge ended it, and the next answer is stored anew"),
  "revalidate-no-cache": onNoCache,
  "request-no-cache": onReload,
  "request-pragma": onReload,
  "request-max-age": onReload,
  "request-min-fresh": onReload,
  "request-condition": () => [
    ofClient("The client sends If-Match or If-Unmodified-Since, which only the origin can judge."),
  ],
  "only-if-cached-miss": () => [
    ofClient("The client wants only what is stored (only-if-cached). Without this the origin is asked."),
  ],
  "rule-pass": onRule,
  "rule-deny": ({ rules }) => [inFile(`A rule refuses this (${rules.join(", ")}). It is as the file says.`)],
  "rule-redirect": ({ rules }) => [
    inFile(
      rules.length === 0
        ? "The site sends visitors elsewhere from here. It is as the file says."
        : `A rule sends visitors elsewhere from here (${rules.join(", ")}). It is as the file says.`,
    ),
  ],
  "host-unknown": onUnknownHost,
  "method-not-cached": nothing("only GET and HEAD ask for something to look at; others do something"),
  "target-uncertain": () => [ofClient("Have links to this page written in UTF-8, percent-encoded.")],
  "request-refused": () => [ofClient("The request itself is wrong; what answers it says why.")],
  "forwarding-loop": () => [
    inFile("The origin leads back to this cacheproxy. Give the address of the server itself as origin."),
  ],
  websocket: nothing("a WebSocket is a conversation, and nothing of it can be stored"),
  "partial-miss": nothing("the whole is fetched, and what is stored grows with it"),
  "partial-changed": removed,
  "partial-hit": nothing("only what was missing is asked of the server"),
  "hit-fresh": () => [],
  "hit-immutable": () => [],
  "hit-max-stale": nothing("the client accepts what is stale"),
  "hit-stale-while-revalidate": nothing("nobody waits, and it is being refreshed"),
  revalidated: nothing("the server says that what is stored is still right, and it is served"),
  collapsed: nothing("one answer served several clients"),
  purged: purging,
  "purge-refused": purging,
  "purge-forbidden": () => [
    byOption("Who may purge is said by --purge-from and --purge-token; this client is not among them."),
  ],
  "purge-uncertain": () => [ofClient("Purge again: some of it may still be there.")],
  superseded: removed,
  "invalidated-by-method": removed,
  "invalidated-by-location": removed,
  "invalidated-by-group": removed,
  "invalidated-by-head": removed,
  "varies-anew": removed,
  "freshened-by-head": nothing("what is stored was confirmed"),
} as const satisfies Readonly<Record<string, Advise>>;
