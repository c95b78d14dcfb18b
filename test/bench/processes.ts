import { readdirSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";

/** Servers have one core, load and origin the other, so that they do not take time from each other. */
export const serverCore = 0;
export const loadCore = 1;

const ticksPerSecond = 100;

/** The same command on one core of its own. */
export function pinned(core: number, command: readonly string[]): string[] {
  if (availableParallelism() < 2)
    throw new Error("the benchmark needs two cores: servers on one, load on the other");
  return ["taskset", "-c", `${core}`, ...command];
}

/** The process and all that it and its children have started, while they live. Linux only. */
export function treeOf(pid: number): number[] {
  return [pid, ...childrenOf(pid).flatMap(treeOf)];
}

/** Seconds of processor time the whole tree has used, in user code and in the kernel. */
export function processorSeconds(pid: number): number {
  const ticks = treeOf(pid).map((each) => {
    // The name of the program stands in parentheses and may hold anything.
    const [, fields = ""] = /\) (.*)$/s.exec(readFileSync(`/proc/${each}/stat`, "utf8")) ?? [];
    const [userTicks, kernelTicks] = fields.split(" ").slice(11, 13).map(Number);
    return (userTicks ?? Number.NaN) + (kernelTicks ?? Number.NaN);
  });
  return ticks.reduce((sum, each) => sum + each, 0) / ticksPerSecond;
}

/** Bytes of memory the whole tree holds; what several processes share is counted once. */
export function residentBytes(pid: number): number {
  const kilobytes = treeOf(pid).map((each) => {
    const text = readFileSync(`/proc/${each}/smaps_rollup`, "utf8");
    return Number(/^Pss:\s+(\d+) kB$/m.exec(text)?.[1]);
  });
  return kilobytes.reduce((sum, each) => sum + each, 0) * 1024;
}

function childrenOf(pid: number): number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, "utf8").split(" ").filter(Boolean).map(Number),
  );
}
