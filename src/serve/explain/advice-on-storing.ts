import type { Advice, Facts } from "../../control/explanation.ts";
import { isHeuristicStatus } from "../../rules/freshness.ts";
import type { unstored } from "../../rules/reason-unstored.ts";
import { onSetCookie, onSetCookieAtOrigin, onSetCookieUnderRule } from "./advice-on-set-cookie.ts";
import { onCopies } from "./advice-on-vary.ts";
import {
  type Advise,
  atOrigin,
  byOption,
  fieldOfAnswer,
  inFile,
  isFromSomebody,
  isIdentified,
  lifetimeField,
  likewise,
  nothing,
  ofClient,
  rule,
  ruleOfLifetime,
  saidOf,
} from "./advice-parts.ts";
import { counted } from "./durations.ts";

const forAll = "If every visitor gets the same here";

/** The origin says how long, which is all that is lacking. */
function sayLifetime(facts: Facts): Advice {
  return atOrigin(`${forAll}, have the server send:`, lifetimeField(facts));
}

function onLifetime(facts: Facts): readonly Advice[] {
  if (isIdentified(facts)) return onIdentity(facts);
  if ((facts.fetched?.status ?? 200) >= 400) return onLifetimeOfError(facts);
  // A default is not given to what has no stated length, to who may be known by a cookie, nor against no-cache.
  const saysNoCache = saidOf(facts).directives.has("no-cache");
  const isDefaultTaken = facts.fetched?.framing === "length" && !isFromSomebody(facts) && !saysNoCache;
  const name = isDefaultTaken ? "default-lifetime" : "lifetime";
  return [
    sayLifetime(facts),
    rule(facts, `${likewise}, add a rule to the file`, [ruleOfLifetime(facts, name)]),
  ];
}

/** Of one that may be kept, such as a 404: no rule has it kept where a cookie may tell who asks. */
function onLifetimeOfError(facts: Facts): readonly Advice[] {
  if (isFromSomebody(facts)) return [sayLifetime(facts)];
  const text = `${likewise}, add a rule to the file`;
  const status = [`status = ${facts.fetched?.status}`];
  return [sayLifetime(facts), rule(facts, text, [ruleOfLifetime(facts, "error-lifetime")], status)];
}

/** What is said of an error that is nobody's page, whatever the reason for which it is not stored; else undefined. */
export function onErrorAlone(facts: Facts): readonly Advice[] | undefined {
  const status = facts.fetched?.status ?? 200;
  if (status >= 500) return onErrorOfServer(status);
  if (status < 400 || isHeuristicStatus(status)) return undefined;
  return nothing(`a ${status} is for the one who asked, and others may get the page`)(facts);
}

/** A redirect, most often: errors are spoken of before. */
function onStatus(facts: Facts): readonly Advice[] {
  const status = facts.fetched?.status ?? 302;
  // A redirect that sets a cookie is most often a login.
  if (fieldOfAnswer(facts, "set-cookie") !== null) return [onSetCookieAtOrigin(facts)];
  if (isIdentified(facts)) return onIdentity(facts);
  return [
    sayLifetime(facts),
    rule(facts, `Or, if this ${status} is the same for everybody, add a rule to the file`, [
      ruleOfLifetime(facts),
    ]),
  ];
}

function onErrorOfServer(status: number): readonly Advice[] {
  return [
    atOrigin(
      `The server fails (${status}); look into its log. Its errors are not kept, so that visitors get the page as soon as it is well again.`,
    ),
  ];
}

/** It is stored, or could be, but the origin wants to be asked each time. */
function onLifetimeOfNone(facts: Facts): readonly Advice[] {
  const age = Number(fieldOfAnswer(facts, "age") ?? 0);
  if (age > 0 && hasSaidLifetime(facts)) return onAge(facts, age);
  if (fieldOfAnswer(facts, "set-cookie") !== null) return onSetCookie(facts);
  if (isIdentified(facts)) return onIdentity(facts);
  return [
    sayLifetime(facts),
    rule(facts, `${likewise}, and over what the server says, add a rule to the file`, [
      ruleOfLifetime(facts),
    ]),
  ];
}

/** Whether the origin gives it any time at all. */
function hasSaidLifetime(facts: Facts): boolean {
  const { directives } = saidOf(facts);
  return (directives.seconds("s-maxage") ?? directives.seconds("max-age") ?? 0) > 0;
}

/** It was in a cache before it came here, for longer than it is fresh. */
function onAge(facts: Facts, age: number): readonly Advice[] {
  return [
    atOrigin(
      `This comes out of another cache, in which it has been for ${counted(age, "second")} (Age), longer than it is fresh. Have cacheproxy ask the server itself (origins in the file, or --origin), empty that cache, or have the server allow a longer time, if every visitor gets the same:`,
      lifetimeField(facts, `s-maxage=${age * 2}`),
    ),
  ];
}

/**
 * no-store and private are said of what is one visitor's, and often of all pages by a program that did not think. Force is
 * advised for what nobody could be known by alone.
 */
function onPrivacy(facts: Facts): readonly Advice[] {
  const said = fieldOfAnswer(facts, saidOf(facts).field);
  const instead = said === null ? "" : ` instead of "${said}"`;
  const cookie = fieldOfAnswer(facts, "set-cookie") === null ? "" : "set no cookie here, and ";
  const origin = atOrigin(
    `The server says that this is one visitor's, or is not to be kept. Is it the same for everybody (no name, no cart, no account)? Then have the server ${cookie}send${instead}:`,
    lifetimeField(facts),
  );
  if (isFromSomebody(facts) || fieldOfAnswer(facts, "set-cookie") !== null) return [origin];
  const forced = rule(
    facts,
    "If the server cannot be changed: the rule below gives one visitor's page to all others, so use it only for what is the same for everybody. Add it to the file",
    [ruleOfLifetime(facts), "force = true"],
  );
  return [origin, forced];
}

/** A field tells who asks: what comes back is given to all only if the origin says so. */
function onIdentity(facts: Facts): readonly Advice[] {
  return [
    atOrigin(
      `This request tells who sends it (${knownBy(facts)}), so the answer is not given to others. Only if everybody may see it, also those without password or key, have the server send:`,
      lifetimeField(facts),
    ),
  ];
}

function knownBy({ sender }: Facts): string {
  return sender === null || sender.by.length === 0 ? "by a field" : sender.by.join(", ");
}

/** The same, by a cookie, beside an answer that says nothing of caches. */
export function onSender(facts: Facts): readonly Advice[] {
  return [
    atOrigin(
      `The request tells who sends it (${knownBy(facts)}), and the server does not say whether the page is the same for everybody. If it is, have the server send:`,
      lifetimeField(facts),
    ),
    rule(
      facts,
      "Or, again only if every visitor gets the same, keep cookies away from this page: the server is sent none, so nobody is logged in or has a cart there. Add a rule to the file",
      isToBeGuessed(facts) ? ['cookies = "ignore"'] : ['cookies = "ignore"', ruleOfLifetime(facts)],
    ),
  ];
}

/** Whether it is fresh for a while once nobody is known; what is stored already is. */
function isToBeGuessed(facts: Facts): boolean {
  return facts.fetched === null || fieldOfAnswer(facts, "last-modified") !== null;
}

function onVaryAny(facts: Facts): readonly Advice[] {
  return [
    atOrigin(
      '"Vary: *" says that no two requests get the same. Have the server name what it looks at, for example:',
      "Vary: Accept-Encoding",
    ),
    rule(
      facts,
      "Or, if it is the same for everybody, whatever browser, take the field away by a rule in the file",
      ['remove-response = ["vary"]', ...(hasSaidLifetime(facts) ? [] : [ruleOfLifetime(facts)])],
    ),
  ];
}

/** In whole gigabytes, with some to spare. */
function roomFor(facts: Facts): string {
  const size = Number(fieldOfAnswer(facts, "content-length") ?? 0);
  return `--max-object ${Math.ceil((size * 1.5) / 1024 ** 3) || 8}GB`;
}

const ofAPart = nothing("this is a part of something larger, and the whole is stored when it is asked for");
const ofThisRequest = nothing("this answer is about this one request");

/** Why a response is not stored, and what would have it stored. */
export const adviceOnStoring: Readonly<Record<keyof typeof unstored, Advise>> = {
  "method-not-storable": nothing("answers to GET are stored, and those are given to HEAD as well"),
  "post-without-content-location": nothing("a POST does something, and has to reach the server each time"),
  "request-no-store": () => [
    ofClient(
      "The client asks that nothing is kept (Cache-Control: no-store). Requests without this are stored.",
    ),
  ],
  "response-no-store": onPrivacy,
  "response-private": onPrivacy,
  "request-authorization": onIdentity,
  "request-identity": onIdentity,
  "request-sender": onSender,
  "set-cookie": onSetCookie,
  "rule-set-cookie": onSetCookieUnderRule,
  "rule-no-store": ({ rules }) => [
    inFile(
      `A rule says store = false (${rules.join(", ")}), usually because the page is one visitor's. If it is not, narrow that rule's conditions.`,
    ),
  ],
  "vary-any": onVaryAny,
  "status-not-final": ofThisRequest,
  "status-partial": ofAPart,
  "partial-without-range": ofAPart,
  "partial-malformed-range": () => [
    atOrigin(
      "The server's Content-Range is wrong. It should look like this:",
      "Content-Range: bytes 0-499/1234",
    ),
  ],
  "partial-unknown-size": () => [
    atOrigin(
      "The server does not say how large the whole is. Have it tell the size in place of the star:",
      "Content-Range: bytes 0-499/1234",
    ),
  ],
  "partial-wrong-length": () => [
    atOrigin("The server's Content-Length and Content-Range disagree. It has to be repaired there."),
  ],
  "partial-of-small": nothing("the whole is small, and is fetched and stored in the background"),
  "status-not-modified": ofThisRequest,
  "status-conditional": ofThisRequest,
  "status-never-stored": nothing("answers with this status are for the one client, and never stored"),
  "status-not-understood": () => [
    atOrigin("The server says must-understand with an unusual status. Have it leave out must-understand."),
  ],
  "status-without-lifetime": onStatus,
  "no-lifetime": onLifetime,
  "never-fresh": onLifetimeOfNone,
  unframed: () => [
    atOrigin("Have the server tell the length (Content-Length), or send in chunks (HTTP/1.1)."),
    byOption(
      "Or store such answers nevertheless, with the risk that one was cut short on its way:",
      "--store-unframed",
    ),
  ],
  "event-stream": nothing("events are of the moment, and pass through as they come"),
  "unstated-lifetime-of-stream": onLifetime,
  "incomplete-body": () => [atOrigin("The server breaks its answer off. Look into the server's log.")],
  "too-large": (facts) => [
    byOption("Allow larger answers to be stored, if there is room for them:", roomFor(facts)),
  ],
  "too-many-tags": () => [
    atOrigin("Have the server send fewer names for purging (Surrogate-Key, Cache-Tag): 1,000 at the most."),
  ],
  "store-failed": () => [
    byOption("The disk did not take it. cacheproxy's log says why: is it full, or not writable?"),
  ],
  "error-over-good": nothing("the good answer is kept until the server is well again"),
};

const answersNext = nothing("it is stored, and the next visitors who ask for the same get it from the cache");

/** It is; but a copy for each visitor is seldom what was meant. */
function storedWell(facts: Facts): readonly Advice[] {
  return facts.outcome.kind === "hit" ? answersNext(facts) : (onCopies(facts) ?? answersNext(facts));
}

function onGuess(facts: Facts): readonly Advice[] {
  return [
    ...(onCopies(facts) ?? []),
    atOrigin(
      "It is stored, for a time guessed from Last-Modified. To decide it yourself, have the server send:",
      lifetimeField(facts),
    ),
    rule(facts, `${likewise}, add a rule to the file`, [ruleOfLifetime(facts)]),
  ];
}

/** How a response is stored, and what would have it used more. */
export const adviceOnStored = {
  "stored-targeted": storedWell,
  "stored-explicit": storedWell,
  "stored-operator": storedWell,
  "stored-rule": storedWell,
  "stored-piece": storedWell,
  "stored-forced": nothing(
    "it is stored by force of a rule; make sure that it shows nothing of a single visitor, as everybody gets it",
  ),
  "stored-heuristic": onGuess,
  "stored-for-validation": onLifetimeOfNone,
  "stored-for-stale-use": onLifetimeOfNone,
} as const satisfies Readonly<Record<string, Advise>>;
