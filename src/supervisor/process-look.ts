import { readFileSync } from "node:fs";

/** What the system tells of the thread of a process that serves. */
export interface ProcessLook {
  /** The letter of proc(5): R runs, S sleeps, D waits for a device, T is stopped, t is traced. */
  readonly state: string;
  /** Processor time it has used so far. */
  readonly processorSeconds: number;
}

/** What Linux counts processor time in, for everybody who is not the kernel. */
const TICKS_A_SECOND = 100;

/**
 * Looks at the first thread of a process, which is the one that serves: the others may work, as they do to collect
 * garbage, while it stands. Undefined where there is no `/proc`, and when the process has ended.
 */
export function lookAtProcess(pid: number): ProcessLook | undefined {
  try {
    return parseStat(readFileSync(`/proc/${pid}/task/${pid}/stat`, "utf8"));
  } catch {
    return undefined;
  }
}

/** The second field is a name in brackets, in which anything may stand; the third is the state. */
export function parseStat(stat: string): ProcessLook {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [state = "?"] = fields;
  const ticks = Number(fields[11]) + Number(fields[12]);
  return { state, processorSeconds: ticks / TICKS_A_SECOND };
}
