import { afterEach, beforeEach, expect, jest, test } from "bun:test";
import { createDeadlines } from "../../src/origin/deadlines.ts";

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

const limit = 800;
/** What "up to an eighth late" comes to. */
const latest = 900;

function passing(milliseconds: number): void {
  jest.advanceTimersByTime(milliseconds);
}

/** Deadlines that note which of them have passed. */
function noted() {
  const deadlines = createDeadlines(limit);
  const passed: string[] = [];
  return { passed, begin: (name: string) => deadlines.begin(() => passed.push(name)), end: deadlines.end };
}

// Whenever it begins, as seen from the timer that all share.
test.each([0, 1, 50, 99, 100, 101, 199, 799, 800, 899])(
  "a deadline begun %i ms after another passes not early, and at most an eighth late",
  (after) => {
    const { passed, begin } = noted();
    begin("one");
    passing(after);
    begin("other");
    passing(limit - 1);
    expect(passed).not.toContain("other");
    passing(latest - limit + 1);
    expect(passed).toEqual(["one", "other"]);
  },
);

test("one that has ended does not pass, nor keeps others from passing", () => {
  const { passed, begin, end } = noted();
  const [first, , third] = [begin("first"), begin("second"), begin("third")];
  if (first !== undefined) end(first);
  passing(limit / 2);
  if (third !== undefined) end(third);
  passing(latest);
  expect(passed).toEqual(["second"]);
});

test("one passes once", () => {
  const { passed, begin } = noted();
  begin("one");
  passing(10 * limit);
  expect(passed).toEqual(["one"]);
});

test("one begun after a time without any has all its time", () => {
  const { passed, begin, end } = noted();
  end(begin("short"));
  passing(10 * limit);
  begin("late");
  passing(limit - 1);
  expect(passed).toEqual([]);
  passing(latest - limit + 1);
  expect(passed).toEqual(["late"]);
});

test("those that one ends or begins when it passes are counted like others", () => {
  const deadlines = createDeadlines(limit);
  const passed: string[] = [];
  deadlines.begin(() => {
    passed.push("first");
    deadlines.end(second);
    deadlines.begin(() => passed.push("third"));
  });
  const second = deadlines.begin(() => passed.push("second"));
  passing(latest);
  expect(passed).toEqual(["first"]);
  passing(limit - 1);
  expect(passed).toEqual(["first"]);
  passing(latest - limit + 1);
  expect(passed).toEqual(["first", "third"]);
});

test("there is one timer for any number of them, and none when the last has ended", () => {
  const { begin, end } = noted();
  const running = Array.from({ length: 100 }, (_, index) => begin(`${index}`));
  expect(jest.getTimerCount()).toBe(1);
  for (const deadline of running) end(deadline);
  passing(latest);
  expect(jest.getTimerCount()).toBe(0);
});
