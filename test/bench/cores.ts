import { readFileSync } from "node:fs";

/** Cores this process may use, in the order in which the benchmark takes them. */
export interface Cores {
  /** One thread of each core. */
  readonly apart: readonly number[];
  /** The other threads of the same cores: they share caches and units of calculation with those. */
  readonly siblings: readonly number[];
}

/** Servers have one core, load and origin another, so that they do not take time from each other. */
export function coreOfServers(): number {
  return pairOf(readCores())[0];
}

export function coreOfLoad(): number {
  return pairOf(readCores())[1];
}

/** One for the servers, one for the load; two threads of the same core only where there is no other. */
export function pairOf({ apart, siblings }: Cores): readonly [number, number] {
  const [servers, load] = [...apart, ...siblings];
  if (servers === undefined || load === undefined)
    throw new Error("the benchmark needs two cores: servers on one, load on the other");
  return [servers, load];
}

/** Linux only. */
export function readCores(): Cores {
  const status = readFileSync("/proc/self/status", "utf8");
  return coresOf(/^Cpus_allowed_list:\s*(.*)$/m.exec(status)?.[1] ?? "", threadsBeside);
}

/** A container may have no view of the machine's shape: then each thread counts as a core. */
function threadsBeside(core: number): string {
  try {
    return readFileSync(`/sys/devices/system/cpu/cpu${core}/topology/thread_siblings_list`, "utf8");
  } catch {
    return `${core}`;
  }
}

/** Lists are written as the kernel writes them, "0-3,8". */
export function coresOf(allowed: string, siblingsOf: (core: number) => string): Cores {
  const apart: number[] = [];
  const siblings: number[] = [];
  for (const core of numbersOf(allowed)) {
    const beside = numbersOf(siblingsOf(core));
    const taken = apart.some((other) => beside.includes(other));
    (taken ? siblings : apart).push(core);
  }
  return { apart, siblings };
}

function numbersOf(list: string): number[] {
  return list
    .trim()
    .split(",")
    .filter(Boolean)
    .flatMap((range) => {
      const [first = Number.NaN, last = first] = range.split("-").map(Number);
      return Array.from({ length: last - first + 1 }, (_, index) => first + index);
    });
}

/** The same command on these cores alone. */
export function pinned(cores: readonly number[], command: readonly string[]): string[] {
  return ["taskset", "-c", cores.join(","), ...command];
}
