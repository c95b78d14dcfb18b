import { connectTo, type RawResponse, requestText } from "../fixtures/raw-client.ts";
import { complaintOf } from "./complaint.ts";
import { type Dice, diceFor } from "./dice.ts";
import { turns } from "./rough-origin.ts";
import { sizeOfVersion, type Target, versionNamed } from "./versions.ts";

export interface RangeClientsOptions {
  readonly seed: number;
  readonly port: number;
  readonly targets: readonly [Target, ...Target[]];
  readonly clients: number;
  readonly requestsEach: number;
  /** The origin does all that it is asked for: so must the proxy. */
  readonly isCalm: boolean;
  /** Between the requests of a client: time passes, an object changes, a process is killed, … */
  readonly onRequest: (client: number, request: number, dice: Dice) => void | Promise<void>;
}

/** Words of X-Cache without which the requests would have tried little. */
const expectedWords = ["HIT", "MISS", "PARTIAL"];

/**
 * Clients that ask at the same time for this and that of some objects, and look at every byte. What was wrong, with the
 * request it was wrong about; none when all is well.
 */
export async function runRangeClients(options: RangeClientsOptions): Promise<readonly string[]> {
  const complaints: string[] = [];
  const words = new Set<string | null>();

  async function client(number: number): Promise<void> {
    /** Of each object what it was last seen with. */
    const seen = new Map<Target, Seen>();
    for (let count = 0; count < options.requestsEach; count++) {
      const dice = diceFor(options.seed, "client", number, count);
      await options.onRequest(number, count, dice);
      const [first] = options.targets;
      const target = options.targets[dice.roll(options.targets.length)] ?? first;
      const { method, fields } = requestFor(target, seen.get(target) ?? { version: 1 }, dice);
      const text = requestText(method, target.path, {
        ...fields,
        "X-Dice": `${number}.${count}`,
        Connection: "close",
      });
      const answer = await answerTo(options.port, text, method, dice);
      if (answer === "left") continue;
      const complaint =
        answer === "none" ? (options.isCalm ? "no answer" : null) : complaintAbout(method, answer, target);
      if (complaint !== null) {
        const head = answer === "none" ? "" : answer.head;
        complaints.push(`client ${number}, request ${count}: ${complaint}\n${text}${head}`);
      }
      if (answer === "none") continue;
      words.add(answer.field("x-cache"));
      seen.set(target, seenIn(target, answer));
    }
  }

  function complaintAbout(method: string, answer: RawResponse, target: Target): string | null {
    const complaint = complaintOf(method, answer, target);
    if (complaint !== null || !options.isCalm) return complaint;
    if (!answer.complete) return "it was broken off";
    return [200, 206, 304, 416, 504].includes(answer.status) ? null : `status ${answer.status}`;
  }

  await Promise.all(Array.from({ length: options.clients }, (_, number) => client(number)));
  const missing = expectedWords.filter((word) => !words.has(word));
  return [...complaints, ...missing.map((word) => `no answer was a ${word}: the requests try too little`)];
}

interface Seen {
  readonly version: number;
  readonly entityTag?: string | undefined;
  readonly lastModified?: string | undefined;
}

function seenIn(target: Target, { fields, field }: RawResponse): Seen {
  return {
    version: versionNamed(target, fields) ?? 1,
    entityTag: field("etag") ?? undefined,
    lastModified: field("last-modified") ?? undefined,
  };
}

function requestFor(
  target: Target,
  { version, entityTag, lastModified }: Seen,
  dice: Dice,
): { readonly method: string; readonly fields: Record<string, string> } {
  const fields: Record<string, string> = {};
  const size = sizeOfVersion(target, version);
  const validator = dice.pick([entityTag ?? lastModified, lastModified ?? entityTag, '"v0"']);
  const kind = dice.roll(100);
  if (kind < 88) fields["Range"] = `bytes=${rangesFor(kind, size, dice)}`;
  if (validator !== undefined) {
    if (fields["Range"] !== undefined && dice.percent(15)) fields["If-Range"] = validator;
    if (dice.percent(8)) {
      fields[validator.includes('"') ? "If-None-Match" : "If-Modified-Since"] = validator;
    }
  }
  if (dice.percent(12)) {
    fields["Cache-Control"] = dice.pick(["no-cache", "max-age=0", "only-if-cached", "max-stale=10"]);
  }
  return { method: kind >= 98 ? "HEAD" : "GET", fields };
}

/** What a Range says after "bytes="; which kind it is of is a number below 88. */
export function rangesFor(kind: number, size: number, dice: Dice): string {
  const within = (most: number) => {
    const start = dice.roll(size);
    return `${start}-${start + dice.roll(most)}`;
  };
  if (kind < 66) return within(dice.pick([100, 20_000, 100_000, 400_000]));
  if (kind < 71) return `-${1 + dice.roll(200_000)}`;
  if (kind < 76) return `${dice.roll(size)}-`;
  if (kind < 78) return `${size + dice.roll(200_000)}-`;
  if (kind < 79) return "0-";
  return Array.from({ length: 2 + dice.roll(3) }, () => within(50_000)).join(",");
}

/** "left": the client did; "none": no answer came. */
async function answerTo(
  port: number,
  text: string,
  method: string,
  dice: Dice,
): Promise<RawResponse | "left" | "none"> {
  const client = await connectTo(port).catch(() => null);
  if (client === null) return "none";
  const leaves = dice.percent(8);
  try {
    await client.send(text);
    if (leaves) {
      if (dice.percent(70)) await client.head();
      if (dice.percent(70)) await client.bytes(dice.roll(50_000));
      client.reset();
      return "left";
    }
    // What waits for a slow client waits in the proxy.
    if (dice.percent(10)) await turns(dice.roll(200));
    return await client.response(method);
  } catch {
    return leaves ? "left" : "none";
  } finally {
    client.close();
  }
}
