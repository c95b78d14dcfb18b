import { ask, type RawResponse, requestText } from "../fixtures/raw-client.ts";
import { complaintOf } from "./complaint.ts";
import { type Dice, diceFor } from "./dice.ts";
import type { VersionOrigin } from "./version-origin.ts";
import { type Target, versionNamed } from "./versions.ts";

export interface VersionClientsOptions {
  readonly seed: number;
  readonly port: number;
  readonly origin: VersionOrigin;
  readonly targets: readonly [Target, ...Target[]];
  readonly clients: number;
  readonly requestsEach: number;
  /** Removes what is stored of the object, as the operator does. */
  readonly purge: (target: Target, dice: Dice) => Promise<unknown>;
}

/** Clients that change objects and read them: who asks when a change is known may have nothing older. */
export async function runVersionClients(options: VersionClientsOptions): Promise<readonly string[]> {
  const { seed, port, origin, targets } = options;
  const complaints: string[] = [];
  /** The version that an unsafe request or a purge has established before it returned. */
  const established = new Map<Target, number>();

  function establish(target: Target, version: number): void {
    established.set(target, Math.max(version, established.get(target) ?? 1));
  }

  async function client(number: number): Promise<void> {
    const seen = new Map<Target, number>();
    for (let count = 0; count < options.requestsEach; count++) {
      const dice = diceFor(seed, "client", number, count);
      const target = targets[dice.roll(targets.length)] ?? targets[0];
      const fields: Record<string, string> = { "X-Dice": `${number}.${count}` };
      const what = dice.roll(100);
      if (what < 8) {
        const version = origin.change(target);
        await options.purge(target, dice);
        establish(target, version);
      } else if (what < 22) {
        const method = dice.pick(["POST", "PUT", "DELETE", "PATCH"] as const);
        const path = dice.percent(30) ? `/form${target.path}` : target.path;
        const answer = await asked(method, path, { ...fields, "Content-Length": "0" });
        const version = Number(answer?.field("x-version") ?? Number.NaN);
        if (answer !== null && answer.status < 400 && version > 0) establish(target, version);
      } else {
        const known = seen.get(target);
        if (known !== undefined && dice.percent(20)) fields["If-None-Match"] = `"v${known}"`;
        if (dice.percent(10)) fields["Cache-Control"] = dice.pick(["no-cache", "max-age=0", "max-stale"]);
        const least = established.get(target) ?? 1;
        const answer = await asked("GET", target.path, fields);
        const complaint = answer === null ? null : complaintAbout(answer, target, known, least);
        if (complaint !== null) {
          complaints.push(`client ${number}, request ${count}: ${complaint}\n${answer?.head}`);
        }
        const version = answer === null ? null : versionNamed(target, answer.fields);
        if (version !== null) seen.set(target, version);
      }
    }
  }

  const asked = (method: string, path: string, fields: Record<string, string>) =>
    ask(port, requestText(method, path, { ...fields, Connection: "close" })).catch(() => null);

  await Promise.all(Array.from({ length: options.clients }, (_, number) => client(number)));
  return complaints;
}

function complaintAbout(
  answer: RawResponse,
  target: Target,
  known: number | undefined,
  least: number,
): string | null {
  const complaint = complaintOf("GET", answer, target);
  if (complaint !== null) return complaint;
  const version = answer.status === 304 ? (known ?? 0) : versionNamed(target, answer.fields);
  if (answer.status >= 400 || version === null || version >= least) return null;
  return `version ${version} came when ${least} had been established`;
}
