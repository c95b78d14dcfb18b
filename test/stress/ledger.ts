import type { Target } from "./versions.ts";

/** What was promised of each object: whoever asks from now on may have nothing older. */
export interface Ledger {
  /**
   * An unsafe request or a purge has returned, after which only this version and later ones may be answered; `how` is for
   * the one who reads a complaint.
   */
  establish(target: Target, version: number, how: string): void;
  /** The oldest version that a request which begins now may be answered with. */
  least(target: Target): number;
  /** What has established that. */
  reason(target: Target): string;
}

export function createLedger(): Ledger {
  const established = new Map<Target, { readonly version: number; readonly how: string }>();
  const least = (target: Target) => established.get(target)?.version ?? target.first ?? 1;
  return {
    establish(target, version, how) {
      if (version > least(target)) established.set(target, { version, how });
    },
    least,
    reason: (target) => established.get(target)?.how ?? "by nobody",
  };
}
