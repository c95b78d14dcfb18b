import { describe, expect, test } from "bun:test";
import { closeSync, openSync } from "node:fs";
import {
  createCrowdWatch,
  createSpares,
  limitIn,
  marksFor,
  ownDescriptorsNow,
} from "../../src/worker/descriptors.ts";

describe("the marks", () => {
  test.each<[limit: number, base: number, high: number, low: number]>([
    [64, 20, 48, 44],
    [128, 20, 112, 108],
    [1024, 20, 896, 864],
    [20_000, 20, 19_488, 19_360],
    [1_048_576, 20, 1_048_064, 1_047_936],
    // Hardly more than the process needs itself: half of the rest is for clients.
    [30, 20, 25, 24],
  ])("of a limit of %d, of which the process needs %d, are %d and %d", (limit, base, high, low) => {
    expect(marksFor(limit, base)).toEqual({ high, low });
  });
});

describe("what the system tells", () => {
  const limits = [
    "Limit                     Soft Limit           Hard Limit           Units     ",
    "Max processes             96364                96364                processes ",
    "Max open files            1024                 524288               files     ",
  ].join("\n");

  test("has the limit in force", () => {
    expect(limitIn(limits)).toBe(1024);
    expect(limitIn("")).toBeUndefined();
    expect(limitIn(limits.replace("1024  ", "unlimited"))).toBeUndefined();
  });

  test.skipIf(process.platform !== "linux")("has the number in use", () => {
    const descriptors = ownDescriptorsNow();
    const before = descriptors?.used() ?? 0;
    const opened = [1, 2, 3].map(() => openSync("/dev/null", "r"));
    expect((descriptors?.used() ?? 0) - before).toBe(3);
    for (const descriptor of opened) closeSync(descriptor);
    expect(descriptors?.limit).toBeGreaterThan(before);
  });
});

describe.skipIf(process.platform !== "linux")("spares", () => {
  test("are held until they are let go", () => {
    const descriptors = ownDescriptorsNow();
    const before = descriptors?.used() ?? 0;
    const spares = createSpares(5);
    spares.take();
    spares.take();
    expect([spares.held, (descriptors?.used() ?? 0) - before]).toEqual([5, 5]);
    spares.release();
    expect([spares.held, (descriptors?.used() ?? 0) - before]).toEqual([0, 0]);
  });
});

describe("the watch", () => {
  /** Of 64 descriptors 20 are the process's own: the marks are 48 and 44. */
  function openScene({ canPause = true, canListen = true } = {}) {
    const told: string[] = [];
    const scene = { idle: 0, busy: 0, isListening: true, spares: 0, canListen };
    const look = createCrowdWatch({
      descriptors: { limit: 64, used: () => 20 + scene.idle + scene.busy + scene.spares },
      spares: {
        get held() {
          return scene.spares;
        },
        take() {
          scene.spares = 8;
        },
        release() {
          scene.spares = 0;
        },
      },
      listener: {
        get isListening() {
          return scene.isListening;
        },
        pause() {
          if (!canPause) return;
          scene.isListening = false;
          scene.idle = 0;
        },
        resume() {
          if (!scene.canListen) throw new Error("taken");
          scene.isListening = true;
        },
      },
      onTrouble: ({ code, message }) => told.push(`${code} ${message}`),
    });
    return { scene, look, told };
  }

  test("lets everybody in while there is room, and holds the spares", () => {
    const { scene, look, told } = openScene();
    scene.busy = 27;
    look();
    expect([scene.isListening, scene.spares, told]).toEqual([true, 8, []]);
  });

  test("closes connections that idle when it is crowded, and goes on listening at once when that was enough", () => {
    const { scene, look, told } = openScene();
    scene.idle = 28;
    look();
    expect([scene.isListening, scene.idle, scene.spares]).toEqual([true, 0, 8]);
    expect(told).toEqual([
      "EMFILE 48 of 64 descriptors are in use; raise the limit (ulimit -n, LimitNOFILE)",
    ]);
  });

  test("takes no new connections while those in use are too many, with the spares for files and the origin", () => {
    const { scene, look, told } = openScene();
    scene.busy = 28;
    look();
    expect([scene.isListening, scene.spares]).toEqual([false, 0]);
    scene.busy = 24;
    look();
    expect(scene.isListening).toBe(false);
    scene.busy = 23;
    look();
    expect([scene.isListening, scene.spares]).toEqual([true, 8]);
    expect(told).toEqual(
      [48, 44].map(
        (used) =>
          `EMFILE ${used} of 64 descriptors are in use, and no new connections are taken; raise the limit (ulimit -n, LimitNOFILE)`,
      ),
    );
  });

  test("tells of it where it cannot pause", () => {
    const { scene, look, told } = openScene({ canPause: false });
    scene.busy = 30;
    look();
    expect([scene.isListening, scene.spares]).toEqual([true, 0]);
    expect(told).toEqual([
      "EMFILE 50 of 64 descriptors are in use; raise the limit (ulimit -n, LimitNOFILE)",
    ]);
  });

  test("tries to listen again until it can", () => {
    const { scene, look, told } = openScene();
    scene.busy = 28;
    look();
    scene.busy = 0;
    scene.canListen = false;
    look();
    expect([scene.isListening, told.at(-1)]).toEqual([false, "LISTEN cannot listen again: taken"]);
    scene.canListen = true;
    look();
    expect(scene.isListening).toBe(true);
  });
});
