import { UsageError } from "../config/usage-error.ts";
import type { ReloadAnswer } from "../control/reload.ts";
import { changeOf, type Need } from "./change.ts";
import type { Configuration, ConfigurationSource, ReadConfiguration } from "./configuration.ts";
import { differenceOf, type Stored } from "./difference.ts";
import { FleetError } from "./fleet-error.ts";
import type { Journal } from "./journal.ts";
import { contentsOf, namedFiles } from "./named-files.ts";

/** What a reload does with the processes. */
export interface ReloadActs {
  /** Has the workers serve by these as they run. */
  configure(wanted: Configuration): Promise<void>;
  /** Has other workers take the place of all. Rejects with a `FleetError` or a `UsageError`: then the former serve on. */
  replaceWorkers(wanted: Configuration): Promise<void>;
  /** Has another keeper take the place of the one there is. */
  renewKeeper(wanted: Configuration): void;
  stored(): Promise<Stored>;
}

export interface ReloadOptions {
  readonly first: Configuration;
  readonly source: ConfigurationSource;
  readonly acts: ReloadActs;
  readonly journal: Journal;
  /** Resolves when all serve for the first time. */
  readonly started: Promise<unknown>;
}

export interface Reload {
  /** By what cacheproxy serves now. */
  readonly current: Configuration;
  /**
   * Reads everything anew and acts by it. What comes while another reload is under way is done after it, all at once.
   * Rejects with a `UsageError` or a `FleetError`, of which the journal has been told: then all is as it was.
   */
  request(): Promise<ReloadAnswer>;
  /** Acts where certificates are others than those in use; the configuration is not read. What keeps it from that is told in the journal. */
  lookAtCertificates(): Promise<void>;
  /** Nothing is reloaded from here on. */
  close(): void;
}

export function createReload({ first, source, acts, journal, started }: ReloadOptions): Reload {
  let current = first;
  let contents = contentsNow(first);
  let isClosed = false;
  let underWay: Promise<unknown> = started;
  let waiting: Promise<ReloadAnswer> | undefined;
  const told = new Set<string>();

  function after<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = underWay.then(work, work);
    underWay = result.catch(() => undefined);
    return result;
  }

  function refuseAtTheEnd(): void {
    if (isClosed) throw new FleetError("cacheproxy is stopping");
  }

  async function reload(read: () => Promise<ReadConfiguration>) {
    refuseAtTheEnd();
    const wanted = await read();
    const { configuration, needs, notices } = changeOf(current, wanted);
    const contentsThen = contentsNow(configuration);
    const renewed = renewedFiles(contents, contentsThen);
    const changes = [...differenceOf(current, configuration, await acts.stored()), ...renewed.lines];
    const answer = { changes, notices: [...wanted.notices, ...notices] };
    tell(answer);
    if (changes.length > 0) await act(configuration, new Set([...needs, ...renewed.needs]));
    current = configuration;
    contents = contentsThen;
    return answer;
  }

  /** The workers first: where new ones cannot serve, nothing has changed. */
  async function act(configuration: Configuration, needs: ReadonlySet<Need>): Promise<void> {
    refuseAtTheEnd();
    if (needs.has("workers")) await acts.replaceWorkers(configuration);
    else await acts.configure(configuration);
    if (needs.has("keeper")) acts.renewKeeper(configuration);
  }

  function tell({ changes, notices }: ReloadAnswer): void {
    for (const change of changes) journal.info(`reload: ${change}`);
    if (changes.length === 0) journal.info("reload: nothing has changed");
    for (const notice of notices.filter((each) => !told.has(each))) {
      told.add(notice);
      journal.warn(notice);
    }
  }

  return {
    get current() {
      return current;
    },
    request() {
      waiting ??= after(() => {
        // What changes from here on is for the next one.
        waiting = undefined;
        return telling(journal, () => reload(source.read));
      });
      return waiting;
    },
    async lookAtCertificates() {
      if (isClosed || contentsNow(current).certificates === contents.certificates) return;
      const work = async () => {
        await source.check(current);
        return { ...current, notices: [] };
      };
      await after(() => telling(journal, () => reload(work))).catch((error: unknown) => {
        if (reasonOf(error) === undefined) throw error;
      });
    },
    close() {
      isClosed = true;
    },
  };
}

/** Tells the operator why there is no reload, where there is none. */
async function telling<Result>(journal: Journal, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    const reason = reasonOf(error);
    for (const line of reason?.split("\n") ?? []) journal.error(`nothing is reloaded: ${line}`);
    throw error;
  }
}

/** Why there was no reload, in words for the operator; undefined where it should not have happened. */
export function reasonOf(error: unknown): string | undefined {
  return error instanceof UsageError || error instanceof FleetError ? error.message : undefined;
}

type Contents = Readonly<Record<"certificates" | "authorities", string>>;

function contentsNow(configuration: Configuration): Contents {
  const { certificates, authorities } = namedFiles(configuration);
  return { certificates: contentsOf(certificates), authorities: contentsOf(authorities) };
}

function renewedFiles(before: Contents, after: Contents): { lines: string[]; needs: Need[] } {
  const lines: string[] = [];
  const needs: Need[] = [];
  if (areRenewed(before.certificates, after.certificates)) {
    lines.push("the files of certificates are renewed");
    needs.push("workers");
  }
  if (areRenewed(before.authorities, after.authorities))
    lines.push("the files of origins' authorities are renewed");
  return { lines, needs };
}

/** The same files with other contents. Where other files are named, the configuration tells of it. */
function areRenewed(before: string, after: string): boolean {
  const paths = (contents: string) => contents.replaceAll(/ \S*$/gm, "");
  return before !== after && paths(before) === paths(after);
}
