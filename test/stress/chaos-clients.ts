import { connectTo, type RawClient, type RawResponse, requestText } from "../fixtures/raw-client.ts";
import { complaintOf } from "./complaint.ts";
import { type Dice, diceFor } from "./dice.ts";
import type { Disturbance } from "./disturbance.ts";
import type { Ledger } from "./ledger.ts";
import { rangesFor } from "./range-clients.ts";
import { sizeOfVersion, type Target, versionNamed } from "./versions.ts";

export interface ChaosClientsOptions {
  readonly seed: number;
  readonly port: number;
  readonly targets: readonly [Target, ...Target[]];
  readonly clients: number;
  /** They ask until so many milliseconds have passed. */
  readonly milliseconds: number;
  readonly ledger: Ledger;
  readonly disturbance: Pick<Disturbance, "mayHaveLost" | "wasSupervised" | "starts" | "moment">;
  /** The operator removes what is stored of the object, and perhaps of others. */
  readonly purge: (target: Target, dice: Dice) => Promise<void>;
}

/** Whatever happens to the processes, nobody waits longer for an answer, or to hear that there is none. */
const PATIENCE_MILLISECONDS = 8_000;
/** Nobody serves meanwhile: let others go first. */
const REFUSED_MILLISECONDS = 30;
/** Nobody listens where all workers have died often, for so long at the most. */
const RESTART_MILLISECONDS = 12_000;

/** Words of X-Cache without which the requests would have tried little. */
const expectedWords = ["HIT", "MISS", "PASS"];

/** A connection of a client, which it may use again. */
interface Connection {
  readonly client: RawClient;
  readonly starts: number;
  usedAt: number;
}

/** Clients that read and change objects while processes end: what was wrong, with the request it was wrong about. */
export async function runChaosClients(options: ChaosClientsOptions): Promise<readonly string[]> {
  const complaints: string[] = [];
  const words = new Set<string | null>();
  const endsAt = performance.now() + options.milliseconds;
  const clients = Array.from({ length: options.clients }, async (_, number) => {
    const client = createChaosClient(options, number, words, (complaint) => complaints.push(complaint));
    for (let count = 0; performance.now() < endsAt; count++) await client.act(count);
    client.leave();
  });
  await Promise.all(clients);
  const missing = expectedWords.filter((word) => !words.has(word));
  return [...complaints, ...missing.map((word) => `no answer was a ${word}: the requests try too little`)];
}

function createChaosClient(
  { seed, port, targets, ledger, disturbance, purge }: ChaosClientsOptions,
  number: number,
  words: Set<string | null>,
  complain: (complaint: string) => void,
) {
  const { moment } = disturbance;
  const seen = new Map<Target, number>();
  let kept: Connection | undefined;

  function leave(): void {
    kept?.client.close();
    kept = undefined;
  }

  async function connected(): Promise<Connection> {
    const connection = kept ?? { client: await connectTo(port), starts: disturbance.starts, usedAt: 0 };
    kept = undefined;
    return connection;
  }

  /** The answer; null where the process that owed it may have ended, and where it was complained of. */
  async function asked(method: string, text: string, keeps: boolean): Promise<Answered | null> {
    const beganAt = performance.now();
    let since = beganAt;
    let connection: Connection | undefined;
    const timer = Promise.withResolvers<"late">();
    const cancel = setTimeout(timer.resolve, PATIENCE_MILLISECONDS, "late");
    try {
      const opened = await Promise.race([connected(), timer.promise]);
      if (opened === "late") throw new Error("no connection in time");
      connection = opened;
      if (connection.usedAt > 0) since = connection.usedAt;
      const answer = await Promise.race([exchanged(connection.client, method, text), timer.promise]);
      if (answer === "late") throw new Error(`no answer in ${PATIENCE_MILLISECONDS} ms`);
      if (!answer.complete) throw new Error("it was broken off");
      words.add(answer.field("x-cache"));
      const isKept =
        keeps && answer.field("connection")?.toLowerCase() !== "close" && answer.framing !== "close";
      if (isKept) kept = Object.assign(connection, { usedAt: performance.now() });
      else connection.client.close();
      return { answer, isOfThisStart: connection.starts === disturbance.starts };
    } catch (error) {
      connection?.client.close();
      const took = performance.now() - beganAt;
      const isRefused = error instanceof Error && "code" in error && error.code === "ECONNREFUSED";
      const lostSince = isRefused ? since - RESTART_MILLISECONDS : since;
      if (took < PATIENCE_MILLISECONDS && disturbance.mayHaveLost(lostSince)) {
        await Bun.sleep(REFUSED_MILLISECONDS);
        return null;
      }
      complain(`client ${number}: ${error} at ${moment(beganAt)} after ${Math.round(took)} ms\n${text}`);
      return null;
    } finally {
      clearTimeout(cancel);
    }
  }

  async function change(target: Target, words: Record<string, string>, dice: Dice): Promise<void> {
    const beganAt = performance.now();
    const method = dice.pick(["POST", "PUT", "DELETE", "PATCH"] as const);
    const path = dice.percent(20) ? `/form${target.path}` : target.path;
    const text = requestText(method, path, { ...words, "Content-Length": "0" });
    const answered = await asked(method, text, words["Connection"] === undefined);
    if (answered === null) return;
    const { answer } = answered;
    const version = Number(answer.field("x-version") ?? Number.NaN);
    if (answer.status >= 400 || !(version > 0)) {
      return complain(`client ${number}: it was not carried out\n${text}${answer.head}`);
    }
    const how = `${method} ${path}, from ${moment(beganAt)} to ${moment(performance.now())}`;
    const establish = (isSure: boolean) => isSure && ledger.establish(target, version, how);
    // Where the supervisor is stopped the answer does not wait for it for longer than a second.
    disturbance
      .wasSupervised(beganAt)
      .then(establish)
      .catch((error: unknown) => complain(String(error)));
  }

  async function read(target: Target, words: Record<string, string>, dice: Dice): Promise<void> {
    const known = seen.get(target);
    const { method, fields } = requestFor(target, known, dice);
    const beganAt = performance.now();
    const least = ledger.least(target);
    const why = ledger.reason(target);
    const text = requestText(method, target.path, { ...fields, ...words });
    const answered = await asked(method, text, words["Connection"] === undefined);
    if (answered === null) return;
    const { answer, isOfThisStart } = answered;
    const version = versionNamed(target, answer.fields);
    const complaint =
      complaintOf(method, answer, target) ??
      complaintOfStatus(answer) ??
      (isOfThisStart && version !== null && version < least
        ? `version ${version} came at ${moment(beganAt)} when ${least} had been established, ${why}`
        : null);
    if (complaint !== null) complain(`client ${number}: ${complaint}\n${text}${answer.head}`);
    if (version !== null) seen.set(target, version);
  }

  return {
    leave,
    async act(count: number): Promise<void> {
      const dice = diceFor(seed, "client", number, count);
      const target = targets[favourite(targets.length, dice)] ?? targets[0];
      const words: Record<string, string> = { "X-Dice": `${number}.${count}` };
      if (dice.percent(40)) words["Connection"] = "close";
      const what = dice.roll(100);
      if (what < 3) await purge(target, dice);
      else if (what < 13) await change(target, words, dice);
      else await read(target, words, dice);
    },
  };
}

interface Answered {
  readonly answer: RawResponse;
  /** Not of a process whose supervisor was killed meanwhile: it hears of nothing any more. */
  readonly isOfThisStart: boolean;
}

/** A few are asked for most of the time. */
function favourite(count: number, dice: Dice): number {
  return Math.floor(count * (dice.roll(1000) / 1000) ** 3);
}

async function exchanged(client: RawClient, method: string, text: string): Promise<RawResponse> {
  await client.send(text);
  for (;;) {
    const answer = await client.response(method);
    if (answer.status >= 200) return answer;
  }
}

function complaintOfStatus({ status }: RawResponse): string | null {
  return [200, 206, 304, 416].includes(status) ? null : `status ${status}`;
}

function requestFor(
  target: Target,
  known: number | undefined,
  dice: Dice,
): { readonly method: string; readonly fields: Record<string, string> } {
  const fields: Record<string, string> = {};
  const size = sizeOfVersion(target, known ?? target.first ?? 1);
  if (known !== undefined && target.naming === "tag") {
    if (dice.percent(15)) fields["If-None-Match"] = `"v${known}"`;
    else if (dice.percent(10)) fields["If-Range"] = `"v${known}"`;
  }
  const isHead = dice.percent(8);
  if (!isHead && dice.percent(25)) fields["Range"] = `bytes=${rangesFor(dice.roll(88), size, dice)}`;
  if (dice.percent(6)) fields["Cache-Control"] = dice.pick(["no-cache", "max-age=0", "max-stale=10"]);
  return { method: isHead ? "HEAD" : "GET", fields };
}
