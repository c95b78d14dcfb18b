import { describe, expect, test } from "bun:test";
import { lookAtProcess, type ProcessLook, parseStat } from "../../src/supervisor/process-look.ts";
import { feelPulse, judgeSilence } from "../../src/supervisor/pulse.ts";
import { createFakeClock } from "./fake-clock.ts";

function look(state: string, processorSeconds: number): ProcessLook {
  return { state, processorSeconds };
}

describe("a silent worker", () => {
  test.each<
    [what: string, beats: number, atFirst: ProcessLook, now: ProcessLook, finding: RegExp | undefined]
  >([
    ["is stopped", 3, look("T", 1), look("T", 1), /^no answer for 3 s: it is stopped/],
    ["was stopped a moment ago", 2, look("T", 1), look("T", 1), undefined],
    ["spins", 4, look("R", 1), look("R", 4), /^no answer for 4 s: it runs in a loop .* used 3\.0 s/],
    ["spins on a busy machine", 9, look("R", 1), look("R", 4), /^no answer for 9 s: it runs in a loop/],
    ["collects garbage", 3, look("R", 1), look("R", 3), undefined],
    ["collects garbage in other threads", 4, look("S", 1), look("S", 1), undefined],
    ["gets no processor time", 29, look("R", 1), look("R", 1.5), undefined],
    [
      "gets none for long",
      30,
      look("R", 1),
      look("R", 1.5),
      /^no answer for 30 s: it runs, and gets next to no/,
    ],
    ["waits for the disk", 29, look("D", 1), look("D", 1), undefined],
    [
      "waits for the disk for long",
      30,
      look("D", 1),
      look("D", 1),
      /^no answer for 30 s: it waits for a device/,
    ],
    ["is looked at by a debugger", 29, look("t", 1), look("t", 1), undefined],
    ["is in another state", 30, look("I", 1), look("I", 1), /: it is in the state I$/],
  ])("that %s after %d beats", (_, beats, atFirst, now, finding) => {
    const judged = judgeSilence(beats, atFirst, now);
    if (finding === undefined) expect(judged).toBeUndefined();
    else expect(judged).toMatch(finding);
  });

  test("is given half a minute where the system tells nothing", () => {
    expect(judgeSilence(29, undefined, undefined)).toBeUndefined();
    expect(judgeSilence(30, undefined, undefined)).toBe("no answer for 30 s");
    // Seen late: what it used before that is not known.
    expect(judgeSilence(4, undefined, look("R", 100))).toBeUndefined();
  });
});

describe("the pulse", () => {
  /** A worker that answers at once, or not at all. */
  function openScene() {
    const clock = createFakeClock();
    const findings: string[] = [];
    const scene = {
      clock,
      findings,
      silent: false,
      asked: 0,
      unread: [] as (() => void)[],
      stop: () => undefined,
    };
    const stop = feelPulse({
      clock,
      ask(answered) {
        scene.asked += 1;
        if (!scene.silent) answered();
        else scene.unread.push(answered);
      },
      look: () => look("T", 0),
      onLost: (finding) => findings.push(finding),
    });
    return { ...scene, scene, stop };
  }

  test("is felt every second", async () => {
    const { clock, scene, findings } = openScene();
    await clock.advance(60_000);
    expect([scene.asked, findings]).toEqual([60, []]);
  });

  test("that is gone is told once", async () => {
    const { clock, scene, findings } = openScene();
    scene.silent = true;
    await clock.advance(60_000);
    expect(findings).toHaveLength(1);
  });

  test("of a worker that answers again begins anew", async () => {
    const { clock, scene, findings } = openScene();
    for (let times = 0; times < 10; times += 1) {
      scene.silent = true;
      await clock.advance(3_000);
      scene.silent = false;
      scene.unread.shift()?.();
      await clock.advance(1_000);
    }
    expect(findings).toEqual([]);
  });

  test("is no longer felt when it was told to stop", async () => {
    const { clock, scene, stop } = openScene();
    stop();
    await clock.advance(10_000);
    expect(scene.asked).toBe(0);
  });

  test("says nothing of the time in which nobody could feel it: the supervisor was stopped, or the machine slept", async () => {
    const { clock, scene, findings } = openScene();
    for (let times = 0; times < 20; times += 1) {
      scene.silent = true;
      await clock.advance(3_000);
      // What the worker said meanwhile is read after the timers have run.
      await clock.standStill(600_000);
      scene.silent = false;
      for (const answered of scene.unread.splice(0)) answered();
      await clock.advance(1_000);
    }
    expect(findings).toEqual([]);
  });
});

describe("what the system tells of a process", () => {
  const rest = "4 4 4 0 -1 4194560 1 0 0 0 250 50 0 0 20 0 12 0 1 1 1";

  test("has its state and its processor time, whatever its name", () => {
    expect(parseStat(`4711 (bun) R ${rest}`)).toEqual({ state: "R", processorSeconds: 3 });
    expect(parseStat(`4711 (a ) S 1 (b) T ${rest}`)).toEqual({ state: "T", processorSeconds: 3 });
  });

  test.skipIf(process.platform !== "linux")("is of the thread that serves", () => {
    const secondsNow = () => lookAtProcess(process.pid)?.processorSeconds ?? 0;
    const before = secondsNow();
    while (secondsNow() === before);
    expect(secondsNow()).toBeGreaterThan(before);
    expect(lookAtProcess(process.pid)?.state).toBe("R");
  });

  test("is nothing when the process has ended", () => {
    expect(lookAtProcess(2 ** 30)).toBeUndefined();
  });
});
