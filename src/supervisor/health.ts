import type { WorkerStatus } from "./fleet.ts";
import type { KeeperStatus } from "./keeper-slot.ts";
import type { NotedTrouble } from "./troubles.ts";

export interface Health {
  readonly status: "ok" | "degraded";
  /** One sentence each; none when all is well. */
  readonly reasons: readonly string[];
}

export interface HealthFacts {
  readonly workers: readonly WorkerStatus[];
  readonly keeper: Pick<KeeperStatus, "state">;
  readonly draining: boolean;
  /** The last of each code, of any worker or of the house. */
  readonly troubles: readonly NotedTrouble[];
  /** What the steady clock says. */
  readonly now: number;
}

/** The reason that who waits for the end of a cacheproxy looks for. */
export const STOPPING = "the proxy is stopping";

/** Trouble with the store counts this long; when it lasts, it is told again and again. */
const TROUBLE_MILLISECONDS = 30_000;

/** Codes of the system that say that no more files and connections can be opened. */
const DESCRIPTOR_CODES = /^(EMFILE|ENFILE)$/;

/** Codes that say the store cannot work: no room, no permission, bad disk, a keeper that is not up to it. */
const STORE_CODES =
  /^(ENOSPC|EDQUOT|EACCES|EPERM|EROFS|EIO|ENOENT|ENOTDIR|ESTALE|INDEX_ABSENT|SYMLINK|KEEPER_(BEHIND|SILENT)|SQLITE_(FULL|IOERR|READONLY|CANTOPEN|CORRUPT|NOTADB|BUSY).*)$/;

/** Whether someone should look, or send the traffic elsewhere. */
export function judgeHealth(facts: HealthFacts): Health {
  const reasons: string[] = [];
  if (facts.draining) reasons.push(STOPPING);
  for (const { number, state } of facts.workers) {
    if (state !== "ready" && !facts.draining) reasons.push(`worker ${number} is down (${state})`);
  }
  if (facts.keeper.state !== "ready" && !facts.draining) {
    reasons.push(`the keeper of the disk is down (${facts.keeper.state})`);
  }
  for (const { at, code, message } of facts.troubles) {
    if (facts.now - at >= TROUBLE_MILLISECONDS) continue;
    if (STORE_CODES.test(code)) reasons.push(`the store is degraded: ${message}`);
    if (DESCRIPTOR_CODES.test(code)) reasons.push(`descriptors run out: ${message}`);
  }
  return { status: reasons.length === 0 ? "ok" : "degraded", reasons };
}
