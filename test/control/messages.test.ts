import { describe, expect, test } from "bun:test";
import type { z } from "zod";
import {
  type FromKeeper,
  fromKeeperSchema,
  type ToKeeper,
  toKeeperSchema,
} from "../../src/control/keeper-messages.ts";
import {
  type FromWorker,
  fromWorkerSchema,
  type ToWorker,
  toWorkerSchema,
} from "../../src/control/messages.ts";
import { misfit } from "../../src/control/misfit.ts";
import { type PurgeSelector, selectorSchema } from "../../src/control/selector.ts";
import type { Selector } from "../../src/store/tier.ts";
import { somePlan, someSettings, startMessage } from "../supervisor/fake-workers.ts";

const toWorker: ToWorker[] = [
  startMessage(1),
  { kind: "drain", graceMilliseconds: 0, isReplaced: true },
  { kind: "company", isThere: true },
  { kind: "configure", request: 5, settings: someSettings, plan: somePlan },
  { kind: "remove", request: 1, selectors: [{ by: "all" }], number: 7 },
  { kind: "remove", request: 1, selectors: [{ by: "all" }], number: null },
  { kind: "reportCounters", request: 2 },
  { kind: "invalidatedElsewhere", request: 3 },
  { kind: "claimed", request: 4, leader: null, restMilliseconds: 0.5 },
  { kind: "claimed", request: 4, leader: "worker-1-0a", restMilliseconds: 0 },
];

const fromWorker: FromWorker[] = [
  { kind: "hello" },
  { kind: "ready", port: 0, name: "worker-1-0a" },
  { kind: "failed", message: "port taken", isUsage: true },
  { kind: "removed", request: 1, complete: 0, inFlight: 2 },
  { kind: "counters", request: 2, counters: { "cache.HIT": 2, memoryBytesNow: -1 } },
  { kind: "log", lines: "a\n", dropped: 0 },
  { kind: "invalidateElsewhere", request: 3, selectors: [{ by: "key", primaryKey: "k" }], number: 7 },
  { kind: "invalidateElsewhere", request: 3, selectors: [{ by: "all" }], number: null },
  { kind: "trouble", code: "ENOSPC", message: "no room" },
  { kind: "notice", code: "self-redirect", message: "round and round" },
  { kind: "claim", request: 4, key: "plain /a\n" },
  { kind: "release", request: 4, key: "plain /a\n", restMilliseconds: 1000 },
  { kind: "configured", request: 5 },
  { kind: "configured", request: 5, error: "--origin-ca cannot be read" },
  { kind: "drained", counters: { "cache.HIT": 2 } },
];

const toKeeper: ToKeeper[] = [
  { kind: "start", now: 2, startedAt: 1, deaths: 0, settings: someSettings },
  { kind: "remove", request: 1, selectors: [{ by: "all" }] },
  { kind: "totals", request: 2 },
  { kind: "stop" },
];

const fromKeeper: FromKeeper[] = [
  { kind: "hello" },
  { kind: "ready" },
  { kind: "removed", request: 1, complete: 3, partial: 1, number: 7 },
  { kind: "removed", request: 1, complete: 0, partial: 0, number: 0, error: "database or disk is full" },
  { kind: "totals", request: 2, objects: 2, bytes: 200 },
  { kind: "trouble", code: "ENOSPC", message: "no room" },
  { kind: "info", message: "swept 2 rows" },
  { kind: "stopped" },
];

test.each(toKeeper)("the keeper understands $kind, also after the way between processes", (message) => {
  expect(toKeeperSchema.parse(structuredClone(message))).toEqual(message);
});

test.each(fromKeeper)("the supervisor understands the keeper's $kind, too", (message) => {
  expect(fromKeeperSchema.parse(structuredClone(message))).toEqual(message);
});

test.each(toWorker)("a worker understands $kind, also after the way between processes", (message) => {
  expect(toWorkerSchema.parse(structuredClone(message))).toEqual(message);
});

test.each(fromWorker)("the supervisor understands $kind, also after the way between processes", (message) => {
  expect(fromWorkerSchema.parse(structuredClone(message))).toEqual(message);
});

describe("what does not fit", () => {
  const refused: [z.ZodType, unknown, string][] = [
    [toWorkerSchema, undefined, "undefined: "],
    [toWorkerSchema, "drain", "string: "],
    [toWorkerSchema, { kind: "hello" }, "hello.kind: "],
    [toWorkerSchema, { kind: "drain" }, "drain.graceMilliseconds: "],
    [toWorkerSchema, { kind: "drain", graceMilliseconds: -1 }, "drain.graceMilliseconds: "],
    [toWorkerSchema, { kind: "drain", graceMilliseconds: 0.5 }, "drain.graceMilliseconds: "],
    [
      toWorkerSchema,
      { kind: "remove", request: 1, selectors: [{ by: "none" }], number: 1 },
      "remove.selectors.0.by: ",
    ],
    [toWorkerSchema, { kind: "remove", request: 1, selectors: [] }, "remove.number: "],
    [toWorkerSchema, { ...startMessage(1), marks: [{ by: "none" }] }, "start.marks.0.by: "],
    [toWorkerSchema, startMessage(0), "start.workerNumber: "],
    [toWorkerSchema, { ...startMessage(1), settings: { port: 1 } }, "start.settings."],
    [fromWorkerSchema, { kind: "ready", port: 65_536 }, "ready.port: "],
    [fromWorkerSchema, { kind: "log", lines: 7, dropped: 0 }, "log.lines: "],
    [fromWorkerSchema, { kind: "counters", request: 1, counters: { a: 1.5 } }, "counters.counters.a: "],
    [toKeeperSchema, { kind: "remove", request: 1, selectors: [{ by: "none" }] }, "remove.selectors.0.by: "],
    [toKeeperSchema, { kind: "start", now: 1, settings: someSettings }, "start.startedAt: "],
    [fromKeeperSchema, { kind: "removed", request: 1, complete: 1, partial: 0 }, "removed.number: "],
    [fromWorkerSchema, { kind: "drained", counters: {}, extra: 1 }, "drained: "],
  ];
  test.each(refused)("%#: is refused and named in one line", (schema, message, where) => {
    const parsed = schema.safeParse(message);
    expect(parsed.success).toBe(false);
    if (parsed.error === undefined) return;
    const line = misfit(parsed.error, message);
    expect(line).toStartWith(where);
    expect(line).not.toContain("\n");
  });
});

test("the operator's selector is the store's selector", () => {
  // The compiler checks both ways.
  const ours = (selector: PurgeSelector): Selector => selector;
  const theirs = (selector: Selector): PurgeSelector => selector;
  const selector = selectorSchema.parse({ by: "variant", primaryKey: "k", variantKey: "" });
  expect(theirs(ours(selector))).toEqual({ by: "variant", primaryKey: "k", variantKey: "" });
});
