import { type Exchange, type Origin, startOrigin } from "../fixtures/origin.ts";
import { diceFor } from "./dice.ts";
import { turns } from "./rough-origin.ts";
import { bytesOfVersion, namesOf, sizeOfVersion, type Target } from "./versions.ts";

export interface VersionOrigin {
  readonly origin: Origin;
  readonly url: string;
  /** Gives the object its next version, of which nobody is told but the caller. */
  change(target: Target): number;
  stop(): Promise<void>;
}

const lifetimes = [
  "max-age=600",
  "max-age=600, stale-while-revalidate=600",
  "max-age=1, stale-while-revalidate=600, stale-if-error=600",
  "max-age=0, must-revalidate",
] as const;

/**
 * An origin whose objects have numbered versions. A safe request is answered with the version there was when it came,
 * which may be long ago when the answer goes out; an unsafe one brings the next, unless it fails.
 */
export async function startVersionOrigin(seed: number, targets: readonly Target[]): Promise<VersionOrigin> {
  const versions = new Map<string, number>();
  const change = ({ path }: Target) => {
    const next = (versions.get(path) ?? 1) + 1;
    versions.set(path, next);
    return next;
  };

  async function answer({ request, respond }: Exchange): Promise<unknown> {
    const [named = ""] = request.target.split("?", 1);
    const target = targets.find(({ path }) => named === path || named === `/form${path}`);
    if (target === undefined) return await respond(404, {}, "no such object");
    const dice = diceFor(seed, request.field("x-dice") ?? "");
    const isSafe = request.method === "GET" || request.method === "HEAD";
    if (!isSafe) {
      if (dice.percent(15)) return await respond(500, {}, "failed, and changed nothing");
      if (dice.percent(30)) await turns(dice.roll(60));
      const version = change(target);
      if (dice.percent(50)) await turns(dice.roll(60));
      // The form of an object is another URL: Location names what it has changed.
      const location = named === target.path ? {} : { Location: target.path };
      return await respond(dice.pick([200, 201, 303]), { ...location, "X-Version": `${version}` }, "done");
    }
    const version = versions.get(target.path) ?? 1;
    if (dice.percent(60)) await turns(dice.roll(100));
    const fields = { "Cache-Control": dice.pick(lifetimes), ...namesOf(target, version, 0) };
    if (request.field("if-none-match")?.includes(`"v${version}"`)) return await respond(304, fields);
    return await respond(200, fields, bytesOfVersion(version, 0, sizeOfVersion(target, version)));
  }

  const origin = await startOrigin(async (exchange) => {
    await exchange.body;
    await answer(exchange);
  });
  return { origin, url: origin.url, change, stop: () => origin.stop() };
}
