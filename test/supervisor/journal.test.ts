import { describe, expect, test } from "bun:test";
import type { Settings } from "../../src/config/schema.ts";
import { createJournal, droppedLine } from "../../src/supervisor/journal.ts";
import { createFakeClock } from "./fake-clock.ts";

function openJournal(log: Settings["log"], colours = false, logLevel: Settings["logLevel"] = "info") {
  const stdout: string[] = [];
  const stderr: string[] = [];
  const journal = createJournal({
    log,
    logLevel,
    colours,
    clock: createFakeClock(0),
    stdout: { write: (line) => stdout.push(line) },
    stderr: { write: (line) => stderr.push(line) },
  });
  return { journal, stdout, stderr };
}

describe("the supervisor's own lines", () => {
  test.each(["pretty", "off"] as const)(
    "with --log %s: that it serves to stdout, all else to stderr",
    (log) => {
      const { journal, stdout, stderr } = openJournal(log);
      journal.ready("ready");
      journal.info("worker 1 is back");
      journal.warn("look");
      journal.error("worker 1 died");
      expect(stdout).toEqual(["ready\n"]);
      expect(stderr).toEqual([
        "cacheproxy: worker 1 is back\n",
        "cacheproxy: warning: look\n",
        "cacheproxy: error: worker 1 died\n",
      ]);
    },
  );

  test("with --log json: objects on stderr, each with time, level and message", () => {
    const { journal, stdout, stderr } = openJournal("json");
    journal.ready("ready");
    journal.error("died");
    expect(stderr).toEqual([
      '{"time":"1970-01-01T00:00:00.000Z","level":"info","message":"ready"}\n',
      '{"time":"1970-01-01T00:00:00.000Z","level":"error","message":"died"}\n',
    ]);
    expect(stdout).toEqual([]);
  });

  test.each(["combined", "common"] as const)("with --log %s nothing but requests is on stdout", (log) => {
    const { journal, stdout, stderr } = openJournal(log);
    journal.ready("ready");
    expect([stdout, stderr]).toEqual([[], ["cacheproxy: ready\n"]]);
  });

  test.each([
    ["error", ["cacheproxy: error: c\n"]],
    ["warn", ["cacheproxy: warning: b\n", "cacheproxy: error: c\n"]],
    ["info", ["cacheproxy: a\n", "cacheproxy: warning: b\n", "cacheproxy: error: c\n"]],
  ] as const)("with --log-level %s what is less bad is not told", (level, told) => {
    const { journal, stderr } = openJournal("pretty", false, level);
    journal.info("a");
    journal.warn("b");
    journal.error("c");
    expect(stderr).toEqual([...told]);
  });

  test.each(["pretty", "json"] as const)("stay on one line each and cannot move the cursor (%s)", (log) => {
    const { journal, stdout, stderr } = openJournal(log);
    journal.error("first\nsecond\u001b[2J");
    const told = [...stdout, ...stderr].join("");
    expect(told.split("\n")).toHaveLength(2);
    expect(told).not.toContain("\u001b");
  });

  test.each([
    [1, "1 log line dropped\n"],
    [12, "12 log lines dropped\n"],
  ])("%d lost lines are told of", (count, line) => {
    expect(droppedLine("pretty", createFakeClock(), count)).toBe(line);
  });

  test("lost lines of a JSON log are told of in JSON", () => {
    expect(JSON.parse(droppedLine("json", createFakeClock(0), 2))).toEqual({
      time: "1970-01-01T00:00:00.000Z",
      level: "warn",
      message: "2 log lines dropped",
    });
  });
});
