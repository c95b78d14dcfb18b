/** What processes have used, as Linux tells it. */
import { dlopen, FFIType, ptr } from "bun:ffi";
import { readdirSync, readFileSync } from "node:fs";

const ticksPerSecond = 100;

/** The process and all that it and its children have started, while they live. */
export function treeOf(pid: number): number[] {
  return [pid, ...childrenOf(pid).flatMap(treeOf)];
}

/** Seconds of processor time the whole tree has used, in user code and in the kernel, those that ended included. */
export function processorSeconds(pid: number): number {
  return sum(treeOf(pid).map((each) => clockOf(each) + endedChildrenSeconds(textOf(`/proc/${each}/stat`))));
}

/** Of the text of /proc/PID/stat: what children used that have ended and were waited for. */
export function endedChildrenSeconds(stat: string): number {
  // The name of the program stands in parentheses and may hold anything.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return sum(fields.slice(13, 15).map(Number)) / ticksPerSecond;
}

/**
 * Seconds of one process by its own clock, threads that ended included: to the nanosecond, where /proc/PID/stat counts
 * hundredths of a second and /proc/PID/task/…/schedstat forgets the threads of a compiler that has nothing to do. 0 when
 * the process is gone.
 */
function clockOf(pid: number): number {
  const time = new BigInt64Array(2);
  if (readClock()((~pid << 3) | cpuClockOfScheduler, ptr(time)) !== 0) return 0;
  return Number(time[0]) + Number(time[1]) / 1e9;
}

/** The number of a process's clock is made as clock_getcpuclockid(3) makes it. */
const cpuClockOfScheduler = 2;
const libraries = ["libc.so.6", "libc.musl-x86_64.so.1", "libc.musl-aarch64.so.1"];
let clock: ((clockId: number, time: ReturnType<typeof ptr>) => number) | undefined;

function readClock(): NonNullable<typeof clock> {
  clock ??= firstOf(libraries, (library) => {
    const { symbols } = dlopen(library, {
      clock_gettime: { args: [FFIType.i32, FFIType.ptr], returns: FFIType.i32 },
    });
    return symbols.clock_gettime;
  });
  return clock;
}

function firstOf<Item, Result>(items: readonly Item[], make: (item: Item) => Result): Result {
  const reasons: unknown[] = [];
  for (const item of items) {
    try {
      return make(item);
    } catch (reason) {
      reasons.push(reason);
    }
  }
  throw new AggregateError(reasons, "no C library has clock_gettime");
}

/** Seconds in which the core was not idle, whoever used it, those included that another machine on the same host took. */
export function busySeconds(core: number): number {
  return busySecondsIn(readFileSync("/proc/stat", "utf8"), core);
}

/** Of the text of /proc/stat. */
export function busySecondsIn(stat: string, core: number): number {
  const fields = new RegExp(`^cpu${core} (.*)$`, "m").exec(stat)?.[1]?.split(" ").map(Number) ?? [];
  const [user, nice, system, , , interrupts, softInterrupts, stolen] = fields;
  return sum([user, nice, system, interrupts, softInterrupts, stolen].map(Number)) / ticksPerSecond;
}

/** Bytes of memory the whole tree holds; what several processes share is counted once. */
export function residentBytes(pid: number): number {
  const kilobytes = treeOf(pid).map((each) =>
    Number(/^Pss:\s+(\d+) kB$/m.exec(textOf(`/proc/${each}/smaps_rollup`))?.[1] ?? 0),
  );
  return sum(kilobytes) * 1024;
}

function childrenOf(pid: number): number[] {
  return threadsOf(pid).flatMap((thread) =>
    textOf(`/proc/${pid}/task/${thread}/children`).split(" ").filter(Boolean).map(Number),
  );
}

function threadsOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch (error) {
    return noneWhenGone(error, []);
  }
}

/** Empty when the process or thread has ended meanwhile. */
function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    return noneWhenGone(error, "");
  }
}

function noneWhenGone<None>(error: unknown, none: None): None {
  if (error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ESRCH"))
    return none;
  throw error;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
