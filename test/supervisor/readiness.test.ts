import { expect, test } from "bun:test";
import type { SiteAnswers } from "../../src/control/readiness.ts";
import { FleetError } from "../../src/supervisor/fleet-error.ts";
import type { SlotState } from "../../src/supervisor/process-slot.ts";
import { createReadiness, type ReadinessOptions } from "../../src/supervisor/readiness.ts";
import { createFakeClock } from "./fake-clock.ts";

interface Scene {
  /** By the workers' numbers, from 1. */
  readonly states?: readonly SlotState[];
  /** What each says; null says nothing. */
  readonly told?: readonly (Readonly<Record<string, boolean>> | null)[];
  readonly isDraining?: boolean;
  readonly error?: Error;
}

function open({ states = ["ready", "ready"], told = [{ shop: true }, { shop: true }], ...rest }: Scene) {
  const clock = createFakeClock();
  const asked: number[] = [];
  async function ask({ askedBy }: { readonly askedBy: number }) {
    asked.push(askedBy);
    if (rest.error !== undefined) throw rest.error;
    return told.flatMap((answers, place) => {
      if (answers === null || states[place] !== "ready") return [];
      const sites: SiteAnswers[] = Object.entries(answers).map(([site, isIt]) => ({ site, answers: isIt }));
      return [{ worker: place + 1, answer: { about: "origins" as const, sites } }];
    });
  }
  const status = () => states.map((state, place) => ({ number: place + 1, pid: 7, state, deaths: 0 }));
  const fleet = { status, ask: ask as unknown as ReadinessOptions["fleet"]["ask"] };
  const readiness = createReadiness({ fleet, clock, isDraining: () => rest.isDraining === true });
  return { readiness, clock, asked };
}

test.each<[Scene, reasons: string[]]>([
  [{}, []],
  [
    {
      told: [
        { shop: true, blog: false },
        { shop: false, blog: true },
      ],
    },
    [],
  ],
  [{ told: [{ "": false }, { "": false }] }, ["the origin does not answer"]],
  [
    {
      told: [
        { shop: false, blog: true },
        { shop: false, blog: true },
      ],
    },
    ["no origin of site shop answers"],
  ],
  [{ states: ["ready", "waiting"] }, ["worker 2 is down (waiting)"]],
  [{ states: ["starting", "starting"] }, ["worker 1 is down (starting)", "worker 2 is down (starting)"]],
  [{ told: [{ shop: true }, null] }, ["worker 2 does not answer"]],
  // Who should have asked the origin did not.
  [{ told: [null, { shop: false }] }, ["worker 1 does not answer"]],
  [{ isDraining: true }, ["the proxy is stopping"]],
  [{ error: new FleetError("worker 1 cannot tell") }, ["worker 1 cannot tell"]],
])("%j: %j", async (scene, reasons) => {
  const status = reasons.length === 0 ? "ready" : "not ready";
  expect(await open(scene).readiness()).toEqual({ status, reasons });
});

test("one worker asks the origins: the first that serves", async () => {
  const { readiness, asked } = open({ states: ["waiting", "ready"] });
  await readiness();
  expect(asked).toEqual([2]);
});

test("however many want to know, the workers are asked once a second", async () => {
  const { readiness, clock, asked } = open({});
  await Promise.all(Array.from({ length: 100 }, readiness));
  await clock.advance(999);
  await readiness();
  expect(asked).toHaveLength(1);
  await clock.advance(1);
  await readiness();
  expect(asked).toHaveLength(2);
});
