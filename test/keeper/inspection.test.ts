import { expect, test } from "bun:test";
import { openIndex } from "../../src/keeper/index.ts";
import { type Finding, inspect } from "../../src/keeper/inspection.ts";
import { directoryForEachTest } from "../store/directory.ts";
import { collectTrouble, createClock, inFile, put } from "../store/samples.ts";

const clock = createClock();
const directory = directoryForEachTest(clock);

test("the file of a response that another process has just removed is not wrong", async () => {
  const other = directory.open({ disposalDelay: 250 });
  await put(other, {}, inFile);
  await other.remove({ by: "all" });
  expect(directory.files()).toHaveLength(1);
  const findings: Finding[] = [];
  const index = openIndex({
    directory: directory.path,
    role: "worker",
    now: clock.now,
    onTrouble: collectTrouble().onTrouble,
  });
  await inspect({
    index,
    fix: false,
    modifiedBefore: Number.POSITIVE_INFINITY,
    othersRemoved: () => other.close(),
    onFinding: (finding) => findings.push(finding),
    onChecked: () => undefined,
  });
  index.close();
  expect(findings).toEqual([]);
});
