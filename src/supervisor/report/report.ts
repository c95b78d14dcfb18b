import type { Cause, Causes, Volume } from "../../control/cacheability.ts";
import type { Report, StoredFindings } from "../../control/report.ts";
import { type Advise, changesFor } from "./changes.ts";
import { inOneSite } from "./one-site.ts";
import { unstoredFor } from "./unstored.ts";
import { sumOf, without } from "../../control/volume.ts";

export interface ReportOptions {
  /** What was no hit in the seconds before now, and why. Rejects with a `FleetError` when it cannot be told. */
  readonly causes: (since: number) => Promise<Causes>;
  /** What is found by looking through what is stored; likewise. */
  readonly findings: () => Promise<StoredFindings>;
  readonly advise: Advise;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
}

/** Says what an operator would change, and what it would save. */
export type TellReport = (since: number) => Promise<Report>;

/** Each is made anew: what it is made of is remembered by those who give it. */
export function createReport({ causes, findings, advise, startedAt }: ReportOptions): TellReport {
  return async (since) => {
    const [told, stored] = await Promise.all([causes(since), findings()]);
    const [changes, unstored] = await Promise.all([
      changesFor(told.causes, advise),
      unstoredFor(told.causes, advise),
    ]);
    return inOneSite({ ...told, startedAt, ...sharesOf(told.causes), changes, stored, unstored });
  };
}

/** What could have been hits, and what could not. */
export function sharesOf(causes: readonly Cause[]): { avoidable: Volume; unavoidable: Volume } {
  const avoidable = sumOf(causes.map((cause) => cause.avoidable));
  return { avoidable, unavoidable: without(sumOf(causes.map(({ all }) => all)), avoidable) };
}
