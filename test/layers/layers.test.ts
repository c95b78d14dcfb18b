import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import {
  barrels,
  cycles,
  impureRules,
  MAX_LINES,
  type Source,
  tooLong,
  worldlyLines,
  wrongArrows,
} from "./house.ts";

const root = join(import.meta.dir, "../..");
const house: Source[] = readdirSync(join(root, "src"), { recursive: true })
  .map((path) => join("src", String(path)))
  .filter((path) => /\.tsx?$/.test(path))
  .map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }));

function file(path: string, ...lines: string[]): Source {
  return { path, text: `${lines.join("\n")}\n` };
}

describe("the house as it stands", () => {
  test("is looked at whole", () => {
    expect(house.map(({ path }) => path)).toEqual(
      expect.arrayContaining(["src/main.ts", "src/rules/fields.ts"]),
    );
  });
  test("imports go one way", () => expect(wrongArrows(house)).toEqual([]));
  test("no file imports itself by way of others", () => expect(cycles(house)).toEqual([]));
  test("no file only hands on what others export", () => expect(barrels(house)).toEqual([]));
  test(`no file is longer than ${MAX_LINES} lines`, () => expect(tooLong(house)).toEqual([]));
  test("clock, environment and chance come in as arguments", () => expect(worldlyLines(house)).toEqual([]));
  test("rules are pure", () => expect(impureRules(house)).toEqual([]));
});

describe("the plan of the house (src/README.md)", () => {
  const plan = readFileSync(join(root, "src/README.md"), "utf8");
  const files = [
    ...house.map(({ path }) => path),
    ...readdirSync(join(root, "test"), { recursive: true, encoding: "utf8" }).map((path) =>
      join("test", path),
    ),
  ];
  const named = [...plan.matchAll(/`([\w./-]+\.ts)`/g)].map(([, name]) => name ?? "");

  test("names files", () => expect(named.length).toBeGreaterThan(40));
  test.each(named)("%s is there", (name) => {
    expect(files.filter((path) => path === name || path.endsWith(`/${name}`))).not.toBeEmpty();
  });
});

describe("an arrow", () => {
  test.each([
    ["src/rules/a.ts", "../store/store.ts", "src/rules/a.ts → src/store/store.ts"],
    ["src/store/a.ts", "../serve/b.ts", "src/store/a.ts → src/serve/b.ts"],
    ["src/store/a.ts", "../origin/b.ts", "src/store/a.ts → src/origin/b.ts"],
    ["src/serve/a.ts", "../worker/b.ts", "src/serve/a.ts → src/worker/b.ts"],
    ["src/serve/a.ts", "../config/schema.ts", "src/serve/a.ts → src/config/schema.ts"],
    ["src/worker/a.ts", "../supervisor/b.ts", "src/worker/a.ts → src/supervisor/b.ts"],
    ["src/supervisor/a.ts", "../store/tier.ts", "src/supervisor/a.ts → src/store/tier.ts"],
    ["src/supervisor/a.ts", "../serve/b.ts", "src/supervisor/a.ts → src/serve/b.ts"],
    ["src/worker/a.ts", "../cli/b.ts", "src/worker/a.ts → src/cli/b.ts"],
    ["src/store/a.ts", "../keeper/b.ts", "src/store/a.ts → src/keeper/b.ts"],
    ["src/keeper/a.ts", "../worker/b.ts", "src/keeper/a.ts → src/worker/b.ts"],
    ["src/worker/a.ts", "../keeper/b.ts", "src/worker/a.ts → src/keeper/b.ts"],
    ["src/supervisor/a.ts", "../keeper/b.ts", "src/supervisor/a.ts → src/keeper/b.ts"],
    ["src/utils/a.ts", "../rules/b.ts", "src/utils/a.ts is in no room of the design"],
  ])("from %s to %s is refused", (path, target, complaint) => {
    expect(wrongArrows([file(path, `import { b } from "${target}";`)])).toEqual([complaint]);
  });

  test.each([
    ["of a type", 'import type { B } from "../serve/b.ts";'],
    ["on several lines", "import {\n  b,\n  c,\n} from '../serve/b.ts';".replaceAll("'", '"')],
    ["for its effect", 'import "../serve/b.ts";'],
    ["that is dynamic", 'const b = await import("../serve/b.ts");'],
    ["that hands on", 'export { b } from "../serve/b.ts";'],
  ])("%s is seen", (_, line) => {
    expect(wrongArrows([file("src/rules/a.ts", line)])).toEqual(["src/rules/a.ts → src/serve/b.ts"]);
  });

  test.each([
    ["src/serve/a.ts", "../origin/b.ts"],
    ["src/supervisor/a.ts", "../store/disk/index-format.ts"],
    ["src/keeper/a.ts", "../store/tier.ts"],
    ["src/cli/a.ts", "../keeper/index.ts"],
    ["src/cli/a.ts", "../supervisor/main.ts"],
    ["src/main.ts", "./cli/run.ts"],
    ["src/rules/a.ts", "./b.ts"],
  ])("from %s to %s is allowed", (path, target) => {
    expect(wrongArrows([file(path, `import { b } from "${target}";`)])).toEqual([]);
  });
});

test("a circle of imports is found", () => {
  const circle = [
    file("src/rules/a.ts", 'import { b } from "./b.ts";'),
    file("src/rules/b.ts", 'import { c } from "./c.ts";'),
    file("src/rules/c.ts", 'import type { A } from "./a.ts";'),
  ];
  expect(cycles(circle)).toEqual(["src/rules/a.ts → src/rules/b.ts → src/rules/c.ts → src/rules/a.ts"]);
  expect(cycles(circle.slice(0, 2))).toEqual([]);
});

test.each([
  ['export * from "./b.ts";', true],
  ['export { b } from "./b.ts";', true],
  ['export type {\n  B,\n} from "./b.ts";', true],
  ['import { b } from "./b.ts";\nexport const a = b;', false],
  ["const b = 1;\nexport { b };", false],
])("%p is a barrel: %p", (text, is) => {
  expect(barrels([file("src/rules/a.ts", text)])).toHaveLength(is ? 1 : 0);
});

test("the last permitted line is not too long", () => {
  expect(tooLong([file("src/a.ts", ..."x".repeat(MAX_LINES))])).toEqual([]);
  expect(tooLong([file("src/a.ts", ..."x".repeat(MAX_LINES + 1))])).toEqual([
    `src/a.ts has ${MAX_LINES + 1} lines`,
  ]);
});

test.each([
  "const now = Date.now();",
  "const clock = Date.now;",
  "const now = new Date();",
  "const home = process.env.HOME;",
  "const chance = Math.random();",
  "const id = crypto.randomUUID();",
  "const start = performance.now();",
])("%p is refused below worker, supervisor and cli", (line) => {
  expect(worldlyLines([file("src/store/a.ts", "// why", line)])).toEqual([`src/store/a.ts:2 ${line}`]);
  expect(worldlyLines([file("src/worker/a.ts", line)])).toEqual([]);
});

test("a comment may speak of the clock, and a date may be made of a number", () => {
  expect(
    worldlyLines([file("src/rules/a.ts", "/** Never Date.now(). */", "// Math.random", "new Date(at);")]),
  ).toEqual([]);
});

test.each([
  ['import { readFileSync } from "node:fs";', 1],
  ['import { Database } from "bun:sqlite";', 1],
  ["Bun.sleepSync(1);", 1],
  ["return new Response(null);", 1],
  ['import { parseItem } from "structured-headers";', 0],
])("%p in a rule is impure: %p", (line, count) => {
  expect(impureRules([file("src/rules/a.ts", line)])).toHaveLength(count);
});
