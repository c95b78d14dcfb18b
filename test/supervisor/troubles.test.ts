import { describe, expect, test } from "bun:test";
import { createTroubles } from "../../src/supervisor/troubles.ts";
import { createFakeClock } from "./fake-clock.ts";

function open() {
  const clock = createFakeClock();
  const lines: string[] = [];
  return { clock, lines, troubles: createTroubles(clock, { error: (line) => lines.push(line) }) };
}

describe("troubles", () => {
  test("the first is told at once, those of the next second in one line at its end", async () => {
    const { clock, lines, troubles } = open();
    for (const message of ["one", "two", "three"]) troubles.note({ code: "ENOSPC", message });
    expect(lines).toEqual(["one (ENOSPC)"]);
    await clock.advance(999);
    expect(lines).toHaveLength(1);
    await clock.advance(1);
    expect(lines.slice(1)).toEqual(["three (ENOSPC); 1 more in this second"]);
  });

  test("while they last there is a line a second, whatever their codes", async () => {
    const { clock, lines, troubles } = open();
    for (let tick = 0; tick < 100; tick++) {
      troubles.note({ code: tick % 2 === 0 ? "ENOSPC" : "SQLITE_FULL", message: "no room" });
      await clock.advance(100);
    }
    expect(lines).toHaveLength(11);
  });

  test("after a quiet second the next is told at once", async () => {
    const { clock, lines, troubles } = open();
    troubles.note({ code: "EIO", message: "one" });
    await clock.advance(1_000);
    troubles.note({ code: "EIO", message: "two" });
    expect(lines).toEqual(["one (EIO)", "two (EIO)"]);
  });

  test("the last of each code is remembered with its time, told or not", async () => {
    const { clock, troubles } = open();
    const at = clock.now();
    troubles.note({ code: "ENOSPC", message: "no room" });
    troubles.note({ code: "INTERNAL", message: "first" });
    await clock.advance(5);
    troubles.note({ code: "INTERNAL", message: "second" });
    expect(troubles.recent()).toEqual([
      { at, code: "ENOSPC", message: "no room" },
      { at: at + 5, code: "INTERNAL", message: "second" },
    ]);
  });
});
