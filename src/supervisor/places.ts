import { existsSync } from "node:fs";
import type { Settings } from "../config/schema.ts";
import { type CacheLock, cachePlace, lockPath } from "./cache-lock.ts";
import { type ListenClaims, listenPlace } from "./listen-place.ts";
import { takeOver, type Wait } from "./takeover.ts";

/** The cache directory and where the workers listen, both this supervisor's alone. */
export interface Places {
  /** Whether the cache directory is its own: see `CacheLock.keep`. */
  keepDirectory(): boolean;
  /** Whether it was when that was last asked for. */
  holdsDirectory(): boolean;
  /** See `ListenClaims.moveTo`. */
  readonly moveTo: ListenClaims["moveTo"];
  release(): void;
}

/**
 * Takes the cache directory and where to listen; see `takeOver`. Who has the directory mostly has the port as well and is waited
 * for, so the directory comes first, but one that is not there yet is not made for a port that is refused.
 */
export async function takePlaces(settings: Settings, wait: Wait): Promise<Places | undefined> {
  let lock: CacheLock | undefined;
  const takeDirectory = async () => {
    lock ??= await takeOver(await cachePlace(settings.cacheDir), wait);
    return lock;
  };
  try {
    if (existsSync(lockPath(settings.cacheDir)) && (await takeDirectory()) === undefined) return undefined;
    const claims = await takeOver(await listenPlace(settings), wait);
    if (claims === undefined) return giveUp();
    // The workers stop listening then, and another may begin to.
    wait.stop.then(claims.release, claims.release);
    if ((await takeDirectory()) === undefined) return undefined;
    return {
      keepDirectory: () => lock?.keep() === true,
      holdsDirectory: () => lock?.isHeld() === true,
      moveTo: claims.moveTo,
      release() {
        claims.release();
        lock?.release();
      },
    };
  } catch (error) {
    giveUp();
    throw error;
  }

  function giveUp(): undefined {
    lock?.release();
  }
}
