import { nearest } from "../config/nearest.ts";
import { UsageError } from "../config/usage-error.ts";
import { duration, size } from "../config/written.ts";
import { nameMatcher } from "../rules/glob.ts";
import { targetMatcher } from "../rules/target-glob.ts";
import type { RecordedRequest } from "./requests.ts";

/** Whether a request is one of those that are looked for. */
export type RequestFilter = (request: RecordedRequest) => boolean;

/** What can be asked, as help and messages tell it. */
export const filterInWords =
  "site=shop cache=MISS,PASS reason!=set-cookie path=/cart* status=5xx ms>200 bytes>1MB client~192.0.2.";

type Comparison = "=" | "!=" | "~" | "<" | "<=" | ">" | ">=";
/** Whether what a request has there is as wanted; undefined where nothing of the kind can be wanted. */
type Condition = (wanted: string, comparison: Comparison) => RequestFilter | undefined;

interface Field {
  readonly condition: Condition;
  /** What may be said of it, after "should be". */
  readonly expected: string;
}

const likeNames = "=, != or ~ (has it in it), with * and ? and with commas between several";

/** In the order in which messages name them. */
const fields: ReadonlyMap<string, Field> = new Map<string, Field>([
  ["site", named(({ site }) => site)],
  ["cache", named(({ cache }) => cache)],
  ["reason", named(({ reason }) => reason)],
  ["forwarded", named(({ forwarded }) => forwarded ?? "")],
  ["status", { condition: onStatus, expected: "a status such as status=404, status=5xx or status>=400" }],
  ["method", named(({ method }) => method)],
  ["host", named(({ host }) => host)],
  ["path", { condition: onPath, expected: "a path such as path=/cart, path=/img/** or path~search" }],
  ["ms", measured(({ milliseconds }) => milliseconds, timeIn, "a time such as ms>200 or ms>1.5s")],
  [
    "first-byte",
    measured(
      ({ firstByteMilliseconds }) => firstByteMilliseconds,
      timeIn,
      "a time such as first-byte>200 or first-byte>1.5s",
    ),
  ],
  ["bytes", measured(({ bytes }) => bytes, sizeIn, "a size such as bytes>4096 or bytes>1MB")],
  ["client", named(({ client }) => client ?? "")],
  ["protocol", named(({ protocol }) => protocol)],
  ["id", named(({ id }) => id)],
]);

/**
 * `site=shop cache=MISS ms>200 path=/cart*`: all of it must be so. Throws a `UsageError` with a line for each part that
 * is not understood.
 */
export function requestFilter(text: string): RequestFilter {
  const wrong: string[] = [];
  const conditions = text
    .split(/\s+/)
    .filter((part) => part !== "")
    .map((part) => conditionIn(part, wrong));
  if (wrong.length > 0) throw new UsageError(...wrong);
  return (request) => conditions.every((holds) => holds(request));
}

function conditionIn(part: string, wrong: string[]): RequestFilter {
  const [, name = "", comparison, wanted = ""] = /^([a-z-]+)(!=|<=|>=|[=~<>])(.*)$/s.exec(part) ?? [];
  const field = fields.get(name);
  const holds = field?.condition(wanted, comparison as Comparison);
  if (holds !== undefined) return holds;
  wrong.push(`${JSON.stringify(part)} ${whyNot(name, field)}`);
  return () => false;
}

function whyNot(name: string, field: Field | undefined): string {
  if (field !== undefined) return `should be ${field.expected}`;
  if (name === "") return `should be a condition such as ${filterInWords.split(" ", 2).join(" or ")}`;
  const meant = nearest(name, [...fields.keys()]);
  if (meant !== undefined) return `asks for what no request has; did you mean ${meant}?`;
  return `asks for what no request has; there are ${[...fields.keys()].join(", ")}`;
}

function named(read: (request: RecordedRequest) => string): Field {
  return {
    expected: likeNames,
    condition: (wanted, comparison) => onText(wanted, comparison, nameMatcher, read),
  };
}

/** A glob over the path, or over path and query where it has a "?"; what it has in it is looked for in both. */
function onPath(wanted: string, comparison: Comparison): RequestFilter | undefined {
  if (wanted === "") return undefined;
  return onText(wanted, comparison, targetMatcher, ({ target }) => target);
}

/** Letters are taken alike, whether large or small, but in a path. */
function onText(
  wanted: string,
  comparison: Comparison,
  matcherOf: (glob: string) => (text: string) => boolean,
  read: (request: RecordedRequest) => string,
): RequestFilter | undefined {
  const fold = matcherOf === nameMatcher ? (text: string) => text.toLowerCase() : (text: string) => text;
  if (comparison === "~") {
    const part = wanted.toLowerCase();
    return (request) => read(request).toLowerCase().includes(part);
  }
  if (comparison !== "=" && comparison !== "!=") return undefined;
  const matchers = fold(wanted).split(",").map(matcherOf);
  const isMatch = comparison === "=";
  return (request) => {
    const text = fold(read(request));
    return matchers.some((matches) => matches(text)) === isMatch;
  };
}

/** "404", "5xx", "404,5xx"; where it is compared, one number. */
function onStatus(wanted: string, comparison: Comparison): RequestFilter | undefined {
  if (comparison === "=" || comparison === "!=") {
    const ranges = wanted.split(",").map(statusesIn);
    if (ranges.includes(undefined)) return undefined;
    const isMatch = comparison === "=";
    return ({ status }) =>
      ranges.some((range) => range !== undefined && status >= range.from && status <= range.to) === isMatch;
  }
  return /^\d{3}$/.test(wanted) ? comparing(Number(wanted), comparison, ({ status }) => status) : undefined;
}

function statusesIn(wanted: string): { readonly from: number; readonly to: number } | undefined {
  if (/^\d{3}$/.test(wanted)) return { from: Number(wanted), to: Number(wanted) };
  const hundreds = /^([1-5])xx$/i.exec(wanted)?.[1];
  return hundreds === undefined
    ? undefined
    : { from: Number(hundreds) * 100, to: Number(hundreds) * 100 + 99 };
}

function measured(
  read: (request: RecordedRequest) => number,
  amountIn: (text: string) => number | undefined,
  expected: string,
): Field {
  return {
    expected,
    condition(wanted, comparison) {
      const amount = amountIn(wanted);
      return amount === undefined ? undefined : comparing(amount, comparison, read);
    },
  };
}

/** "200", "200ms", "1.5s": milliseconds. */
function timeIn(text: string): number | undefined {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text);
  const read = duration.safeParse(text);
  return read.success ? read.data : undefined;
}

/** "4096", "1MB": bytes. */
function sizeIn(text: string): number | undefined {
  if (/^\d+$/.test(text)) return Number(text);
  const read = size.safeParse(text);
  return read.success && read.data !== null ? read.data : undefined;
}

function comparing(
  wanted: number,
  comparison: Comparison,
  read: (request: RecordedRequest) => number,
): RequestFilter | undefined {
  switch (comparison) {
    case "=":
      return (request) => read(request) === wanted;
    case "!=":
      return (request) => read(request) !== wanted;
    case "<":
      return (request) => read(request) < wanted;
    case "<=":
      return (request) => read(request) <= wanted;
    case ">":
      return (request) => read(request) > wanted;
    case ">=":
      return (request) => read(request) >= wanted;
    case "~":
      return undefined;
  }
}
