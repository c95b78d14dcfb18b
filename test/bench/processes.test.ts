import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { coresOf, pairOf } from "./cores.ts";
import { busySecondsIn, endedChildrenSeconds, processorSeconds } from "./processes.ts";

const alone = (core: number) => `${core}\n`;
const inPairs = (core: number) => `${core - (core % 2)}-${core - (core % 2) + 1}\n`;

describe("cores", () => {
  test("are those this process may use", () => {
    expect(coresOf("4-6,9", alone)).toEqual({ apart: [4, 5, 6, 9], siblings: [] });
  });

  test("that are threads of one core are told from cores", () => {
    expect(coresOf("0-3", inPairs)).toEqual({ apart: [0, 2], siblings: [1, 3] });
    expect(coresOf("0-3", (core) => `${core % 2},${(core % 2) + 2}`)).toEqual({
      apart: [0, 1],
      siblings: [2, 3],
    });
  });

  test("of servers and load are different ones, and threads of one core only where there is no other", () => {
    expect(pairOf(coresOf("0-3", inPairs))).toEqual([0, 2]);
    expect(pairOf(coresOf("0-1", inPairs))).toEqual([0, 1]);
    expect(() => pairOf(coresOf("3", alone))).toThrow("two cores");
  });
});

const onLinux = test.if(process.platform === "linux");

describe("processor time", () => {
  onLinux("of a process is what the process itself is told", () => {
    const own = () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1e6;
    };
    const before = own();
    const measured = processorSeconds(process.pid) - endedOf(process.pid);
    const after = own();
    // The kernel rounds both of its sums, user and system, down to the microsecond.
    expect(measured).toBeGreaterThanOrEqual(before);
    expect(measured).toBeLessThanOrEqual(after + 2e-6);
  });

  onLinux("of a tree holds that of children that have ended", () => {
    const before = processorSeconds(process.pid);
    const { resourceUsage } = Bun.spawnSync([process.execPath, "-e", "for (let i = 0; i < 3e8; i++);"]);
    const used = Number(resourceUsage.cpuTime.total) / 1e6;
    // Of children that ended the kernel tells hundredths of a second.
    expect(processorSeconds(process.pid) - before).toBeGreaterThanOrEqual(used - 0.02);
  });

  onLinux("of a process that is gone is none", async () => {
    const child = Bun.spawn(["true"]);
    await child.exited;
    expect(processorSeconds(child.pid)).toBe(0);
  });

  test("of children that ended is read behind a name that holds anything", () => {
    const fields = `S 1 ${"0 ".repeat(11)}250 50 20 0`.split(" ");
    expect(endedChildrenSeconds(`7 (a ) b (c) ${fields.join(" ")}`)).toBe(3);
  });

  test("of a core is all that is not idle nor waiting for a disk", () => {
    const stat =
      "cpu  9 9 9 9 9 9 9 9 9 9\ncpu0 1 1 1 1 1 1 1 1 1 1\ncpu1 100 200 300 9999 8888 400 500 600 0 0\n";
    expect(busySecondsIn(stat, 1)).toBe(21);
  });
});

function endedOf(pid: number): number {
  return endedChildrenSeconds(readFileSync(`/proc/${pid}/stat`, "utf8"));
}
