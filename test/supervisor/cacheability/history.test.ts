import { describe, expect, test } from "bun:test";
import { PERIOD_MILLISECONDS } from "../../../src/control/cacheability.ts";
import {
  createHistory,
  HOUR_MILLISECONDS,
  TARGETS_KEPT,
} from "../../../src/supervisor/cacheability/history.ts";
import { period, target } from "./told.ts";

const start = 1000 * HOUR_MILLISECONDS;
const minute = 60_000;

type History = ReturnType<typeof createHistory>;

function requestsSince(history: History, from: number): number {
  return history.since(from).causes.reduce((sum, { all }) => sum + all.requests, 0);
}

/** Each minute a worker tells that one request has come. */
function noteMinutes(history: History, minutes: number): void {
  for (let passed = 1; passed <= minutes; passed += 1) {
    const startsAt = start + Math.floor((passed - 1) / 5) * PERIOD_MILLISECONDS;
    const counted = passed - (startsAt - start) / minute;
    const now = start + passed * minute;
    history.note([{ life: "one", periods: [period(startsAt, target("/a", counted, counted))] }], now);
  }
}

describe("what was counted", () => {
  test("takes the place of what the same worker has told of the same period before", () => {
    const history = createHistory();
    for (const count of [1, 5])
      history.note([{ life: "one", periods: [period(start, target("/a", count, 0))] }], start);
    expect(requestsSince(history, start)).toBe(5);
  });

  test("of another worker, or by another life of one, comes to it", () => {
    const history = createHistory();
    for (const life of ["one", "two", "three"])
      history.note([{ life, periods: [period(start, target("/a", 2, 0))] }], start);
    expect(requestsSince(history, start)).toBe(6);
  });

  test("is remembered when its worker tells no more of it", () => {
    const history = createHistory();
    history.note([{ life: "one", periods: [period(start, target("/a", 2, 0))] }], start);
    for (let passed = 1; passed < 50; passed += 1) history.note([], start + passed * minute);
    expect(requestsSince(history, start)).toBe(2);
  });

  test("is not counted twice by who tells of it late", () => {
    const history = createHistory();
    const late = [{ life: "one", periods: [period(start, target("/a", 2, 0))] }];
    for (const minutes of [0, 20, 40]) history.note(late, start + minutes * minute);
    expect(requestsSince(history, start)).toBe(2);
  });

  test("is told as of when something was asked, to five minutes within the hour", () => {
    const history = createHistory();
    const now = start + 120 * minute;
    noteMinutes(history, 120);
    const told = [5, 30, 60].map((minutes) => requestsSince(history, now - minutes * minute));
    expect(told).toEqual([5, 30, 60]);
    expect(requestsSince(history, now - 7 * minute)).toBe(10);
  });

  test("is told anew to who asks again and again", () => {
    const history = createHistory();
    const told = Array.from({ length: 20 }, (_, place) => {
      const startsAt = start + place * PERIOD_MILLISECONDS;
      history.note([{ life: "one", periods: [period(startsAt, target("/a", place, 0))] }], startsAt);
      return requestsSince(history, startsAt - 5 * PERIOD_MILLISECONDS);
    });
    expect(told.slice(10)).toEqual(told.slice(10).map((_, place) => 6 * (place + 10) - 15));
  });

  test("is put together by the hour, and forgotten after a day", () => {
    const history = createHistory();
    noteMinutes(history, 30 * 60);
    const now = start + 30 * 60 * minute;
    expect(history.since(0).startsAt).toBe(start + 6 * HOUR_MILLISECONDS);
    expect(requestsSince(history, now - 24 * HOUR_MILLISECONDS)).toBe(24 * 60);
    expect(requestsSince(history, 0)).toBeLessThanOrEqual(25 * 60);
  });

  test("is told with what targets looked like last", () => {
    const history = createHistory();
    const looking = (status: number) =>
      target("/a", 1, 1, { evidence: { method: "GET", status, requestFields: [], responseFields: [] } });
    for (const [place, status] of [200, 302, 404].entries()) {
      const startsAt = start + place * PERIOD_MILLISECONDS;
      history.note([{ life: "one", periods: [period(startsAt, looking(status))] }], startsAt);
    }
    expect(history.since(0).targets.map(({ evidence }) => evidence.status)).toEqual([404]);
    history.note([], start + 2 * HOUR_MILLISECONDS);
    expect(history.since(0).targets.map(({ evidence }) => evidence.status)).toEqual([404]);
  });

  test("has no more targets in each stretch than are kept", () => {
    const history = createHistory();
    const many = Array.from({ length: 500 }, (_, place) => target(`/${place}`, 2, 1));
    history.note([{ life: "one", periods: [period(start, ...many)] }], start);
    expect(history.since(0).targets.length).toBe(TARGETS_KEPT);
    history.note([], start + 30 * HOUR_MILLISECONDS);
    expect(history.since(0)).toEqual({ startsAt: null, totals: [], causes: [], targets: [] });
  });
});
