import { expect, test } from "bun:test";
import { coloursWanted } from "../../src/system/colours-wanted.ts";

test.each([
  [{}, true, true],
  [{}, false, false],
  [{ TERM: "dumb" }, true, false],
  [{ NO_COLOR: "1" }, true, false],
  [{ NO_COLOR: "" }, true, true],
  [{ NO_COLOR: "1", FORCE_COLOR: "1" }, true, false],
  [{ FORCE_COLOR: "1" }, false, true],
  [{ FORCE_COLOR: "0" }, true, false],
])("colours with %j on a terminal (%p): %p", (environment, isTerminal, wanted) => {
  expect(coloursWanted(environment, isTerminal)).toBe(wanted);
});
