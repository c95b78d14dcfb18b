import { type Exchange, type Origin, startOrigin } from "../fixtures/origin.ts";
import { type Dice, diceFor } from "./dice.ts";
import { bytesOfVersion, groupsOf, namesOf, sizeOfVersion, type Target } from "./versions.ts";

export interface RoughOrigin {
  readonly url: string;
  readonly origin: Origin;
  /** The version of the object that it has now. */
  version(target: Target): number;
  /** From now on it has the next, whose number comes back. */
  change(target: Target): number;
  /** Another date, and not a byte of another version. */
  touch(target: Target): void;
  stop(): Promise<void>;
}

export interface RoughOriginOptions {
  readonly seed: number;
  readonly targets: readonly Target[];
  /** Slow at times, and nothing else. */
  readonly isCalm: boolean;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** What is asked for of the object, and what it is now. */
interface Asked {
  readonly exchange: Exchange;
  readonly target: Target;
  readonly version: number;
  readonly size: number;
  readonly fields: Readonly<Record<string, string>>;
  readonly dice: Dice;
}

const lifetimes = [
  "max-age=60",
  "max-age=3",
  "max-age=1",
  "max-age=0, must-revalidate",
  "max-age=1, stale-while-revalidate=5",
  "max-age=1, stale-if-error=30",
] as const;

/**
 * An origin whose objects change while they are read, and that breaks off, dawdles, fails, ignores ranges, sends others
 * than were asked for, and frames its bodies in every way. It never calls the bytes of one version those of another.
 * An unsafe request brings the next version. What it does to a request depends on the seed, on the request's own `X-Dice`,
 * and how many came with that.
 */
export async function startRoughOrigin(options: RoughOriginOptions): Promise<RoughOrigin> {
  const versions = new Map<string, number>();
  const touches = new Map<string, number>();
  const thrown = new Map<string, number>();
  const targets = new Map(options.targets.map((target) => [target.path, target]));
  const version = ({ path, first = 1 }: Target) => versions.get(path) ?? first;
  const change = (target: Target) => {
    const next = version(target) + 1;
    versions.set(target.path, next);
    return next;
  };
  const origin = await startOrigin(async (exchange) => {
    const { request } = exchange;
    const target = targets.get(request.target.replace(/^\/form/, ""));
    if (target === undefined) return void (await exchange.respond(404, {}, "no such object"));
    const word = request.field("x-dice") ?? "";
    const times = (thrown.get(word) ?? 0) + 1;
    thrown.set(word, times);
    const dice = diceFor(options.seed, word, times);
    if (isUnsafe(request.method)) return await carryOut(exchange, target, () => change(target), dice);
    const current = version(target);
    const size = sizeOfVersion(target, current);
    const fields = {
      Date: new Date(options.now()).toUTCString(),
      "Content-Type": "video/mp4",
      "Cache-Control": target.lifetime ?? (options.isCalm ? "max-age=60" : dice.pick(lifetimes)),
      "Cache-Groups": groupsOf(target)
        .map((group) => `"${group}"`)
        .join(", "),
      ...namesOf(target, current, touches.get(target.path) ?? 0),
    };
    const asked = { exchange, target, version: current, size, fields, dice };
    if (dice.percent(20)) await turns(dice.roll(20));
    if (!options.isCalm && (await failed(asked))) return;
    await answer(asked, options.isCalm);
  });

  return {
    url: origin.url,
    origin,
    version,
    change,
    touch: ({ path }) => void touches.set(path, (touches.get(path) ?? 0) + 1),
    stop: () => origin.stop(),
  };
}

function isUnsafe(method: string): boolean {
  return method !== "GET" && method !== "HEAD";
}

/** The form of an object is another URL: Location names what it has changed. */
async function carryOut(
  { request, body, respond }: Exchange,
  target: Target,
  change: () => number,
  dice: Dice,
): Promise<void> {
  await body;
  if (dice.percent(30)) await turns(dice.roll(60));
  const version = change();
  if (dice.percent(50)) await turns(dice.roll(60));
  const location = request.target === target.path ? {} : { Location: target.path };
  await respond(dice.pick([200, 201, 303]), { ...location, "X-Version": `${version}` }, "done");
}

/** Whether there was no answer but an error. */
async function failed({ exchange, dice }: Asked): Promise<boolean> {
  if (dice.percent(3)) exchange.reset();
  else if (dice.percent(4)) await exchange.respond(503, {}, "down");
  else if (dice.percent(1)) await exchange.respond(404, { "Cache-Control": "max-age=1" }, "gone");
  else return false;
  return true;
}

async function answer(asked: Asked, isCalm: boolean): Promise<void> {
  const { exchange, size, fields, dice } = asked;
  const { request } = exchange;
  if (isConfirmed(asked)) return void (await exchange.send(headOf(304, fields)));
  const ranges = isRangeMeant(asked) ? rangesOf(request.field("range"), size) : null;
  const [only, ...others] = ranges ?? [];
  if (ranges !== null && only === undefined) {
    return void (await exchange.respond(416, { "Content-Range": `bytes */${size}` }));
  }
  const isIgnored = only === undefined || others.length > 0 || (!isCalm && dice.percent(6));
  if (isIgnored) return await send(asked, 200, fields, 0, size, isCalm);
  const [start, end] = !isCalm && dice.percent(6) ? another(only, size, dice) : only;
  const contentRange = `bytes ${start}-${end - 1}/${size}`;
  await send(asked, 206, { ...fields, "Content-Range": contentRange }, start, end, isCalm);
}

function isConfirmed({ exchange: { request }, fields }: Asked): boolean {
  const tags = request.field("if-none-match");
  const weakly = (tag: string) => tag.trim().replace(/^W\//, "");
  if (tags !== null)
    return tags
      .split(",")
      .map(weakly)
      .includes(weakly(fields["ETag"] ?? "none"));
  const since = Date.parse(request.field("if-modified-since") ?? "");
  return Date.parse(fields["Last-Modified"] ?? "") <= since;
}

/** If-Range: none, or the strong validator as it is. */
function isRangeMeant({ exchange: { request }, target, fields }: Asked): boolean {
  const ifRange = request.field("if-range");
  if (ifRange === null) return true;
  return target.naming !== "weak" && [fields["ETag"], fields["Last-Modified"]].includes(ifRange);
}

type Span = readonly [start: number, end: number];

/** Those that can be satisfied; null where none is asked for. */
function rangesOf(range: string | null, size: number): Span[] | null {
  if (range === null) return null;
  return range
    .slice("bytes=".length)
    .split(",")
    .map((one): Span => {
      const [first = "", last = ""] = one.trim().split("-");
      if (first === "") return [Math.max(0, size - Number(last)), size];
      return [Number(first), last === "" ? size : Math.min(size, Number(last) + 1)];
    })
    .filter(([start, end]) => start < end);
}

/** A range that was not asked for: a part of it, more than it, or one beside it. */
function another([start, end]: Span, size: number, dice: Dice): Span {
  const middle = start + 1 + dice.roll(Math.max(1, end - start - 1));
  return dice.pick([
    [start, Math.min(middle, end)],
    [Math.min(middle, end - 1), end],
    [Math.max(0, start - 1000), Math.min(size, end + 1000)],
    [0, Math.max(1, Math.min(size, end - start))],
  ] as const);
}

/** The bytes, in one of the ways in which HTTP frames them; at times slowly, and at times not all. */
async function send(
  { exchange, target, version, dice }: Asked,
  status: number,
  fields: Readonly<Record<string, string>>,
  start: number,
  end: number,
  isCalm: boolean,
): Promise<void> {
  const chosen = dice.pick(["length", "length", "length", "chunked", "close"] as const);
  // RFC 9111 §4.3.5: a HEAD without length and validator would make any stored body one of this version.
  const isConfirmation = exchange.request.method === "HEAD" && target.naming === "none";
  const framing = isConfirmation ? "length" : chosen;
  const lines = framing === "length" ? { "Content-Length": String(end - start) } : framings[framing];
  await exchange.send(headOf(status, { ...fields, ...lines }));
  if (exchange.request.method === "HEAD") return;
  // Of a body that ends with its connection nobody could know that it ends early.
  const isCut = !isCalm && framing !== "close" && dice.percent(8);
  const stop = isCut ? start + dice.roll(end - start) : end;
  const pieceSize = dice.pick([8_000, 70_000, 1_000_000]);
  const isSlow = dice.percent(15);
  for (let at = start; at < stop; at += pieceSize) {
    const bytes = bytesOfVersion(version, at, Math.min(stop, at + pieceSize));
    const size = `${bytes.byteLength.toString(16)}\r\n`;
    const parts = framing === "chunked" ? [Buffer.from(size), bytes, Buffer.from("\r\n")] : [bytes];
    if (!(await exchange.send(Buffer.concat(parts)))) return;
    if (isSlow) await turns(dice.roll(6));
  }
  if (isCut) exchange.reset();
  else if (framing === "chunked") await exchange.send("0\r\n\r\n");
  else if (framing === "close") exchange.end();
}

const framings = {
  chunked: { "Transfer-Encoding": "chunked" },
  close: { Connection: "close" },
} as const;

function headOf(status: number, fields: Readonly<Record<string, string>>): string {
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} Rough\r\n${lines.join("")}\r\n`;
}

/** Others go first, so many times: slow without a clock. */
export async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise(setImmediate);
}
