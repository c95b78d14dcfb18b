import type { Volume } from "../../control/cacheability.ts";

/** A volume that grows. */
export type VolumeCount = { -readonly [Amount in keyof Volume]: number };

export function nothingCounted(): VolumeCount {
  return { requests: 0, bytes: 0, milliseconds: 0 };
}

/** One request more. */
export function addRequest(volume: VolumeCount, bytes: number, milliseconds: number): void {
  volume.requests += 1;
  volume.bytes += bytes;
  volume.milliseconds += milliseconds;
}
