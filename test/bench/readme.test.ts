import { describe, expect, test } from "bun:test";
import { figuresIn, readmePath, withFigures } from "./readme.ts";
import { workloads } from "./workloads.ts";

const place = (figures: string) =>
  `before\n<!-- make bench README=1 writes this table -->\n${figures}\n<!-- as far as here -->\nafter\n`;

describe("the README's figures", () => {
  test("are replaced between their marks, and nothing else is", () => {
    expect(withFigures(place("| old |\n\nold"), "| new |")).toBe(place("| new |"));
    expect(figuresIn(place("| $& |\n\nold"))).toBe("| $& |\n\nold");
    expect(withFigures(place("old"), "$& $1")).toBe(place("$& $1"));
  });

  test("are not written where there is no place for them", () => {
    expect(() => withFigures("nothing", "new")).toThrow("no marks");
  });

  test("are of all workloads, in their order", async () => {
    const rows = figuresIn(await Bun.file(readmePath).text()).match(/^\| .*/gm) ?? [];
    const names = rows.map((row) => row.split(" | ")[0]?.slice(2));
    expect(names).toEqual(["workload", "---", ...workloads.map(({ name }) => name)]);
  });
});
