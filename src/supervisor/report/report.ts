import type { Cause, Causes, Volume } from "../../control/cacheability.ts";
import type { Report, StoredFindings } from "../../control/report.ts";
import { FleetError } from "../fleet-error.ts";
import { type Advise, changesFor } from "./changes.ts";
import { inOneSite } from "./one-site.ts";
import { unstoredFor } from "./unstored.ts";
import { sumOf, without } from "../../control/volume.ts";

export interface ReportOptions {
  /** What was no hit in the seconds before now, and why. Rejects with a `FleetError` when it cannot be told. */
  readonly causes: (since: number) => Promise<Causes>;
  /** What is found by looking through what is stored. Rejects with a `FleetError` likewise: then the rest is told without. */
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
    const [told, found] = await Promise.all([causes(since), foundOrNot(findings)]);
    const [changes, unstored] = await Promise.all([
      changesFor(told.causes, advise),
      unstoredFor(told.causes, advise),
    ]);
    return inOneSite({ ...told, startedAt, ...sharesOf(told.causes), changes, ...found, unstored });
  };
}

/** An index that cannot be read is no reason to keep back what was counted. */
async function foundOrNot(
  findings: ReportOptions["findings"],
): Promise<Pick<Report, "stored" | "storedProblem">> {
  try {
    return { stored: await findings(), storedProblem: null };
  } catch (error) {
    if (!(error instanceof FleetError)) throw error;
    const stored = { looked: 0, isWhole: false, splits: [], personal: [] };
    return { stored, storedProblem: error.message };
  }
}

/** What could have been hits, and what could not. */
export function sharesOf(causes: readonly Cause[]): { avoidable: Volume; unavoidable: Volume } {
  const avoidable = sumOf(causes.map((cause) => cause.avoidable));
  return { avoidable, unavoidable: without(sumOf(causes.map(({ all }) => all)), avoidable) };
}
