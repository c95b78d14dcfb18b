import { expect, test } from "bun:test";
import { type Finding, inspect } from "../../src/keeper/inspection.ts";
import { directoryForEachTest } from "../store/directory.ts";
import { inFile, put } from "../store/samples.ts";

const directory = directoryForEachTest();

test("the file of a response that was removed just now is not wrong", async () => {
  let removeFiles: () => void = () => undefined;
  const after = (_: number, run: () => void) => {
    removeFiles = run;
    return () => undefined;
  };
  const index = directory.keep({ disposalDelay: 250, after });
  const store = directory.open();
  await put(store, {}, inFile);
  await store.published();
  await store.remove({ by: "all" });
  expect(directory.files()).toHaveLength(1);
  const findings: Finding[] = [];
  await inspect({
    index,
    fix: false,
    modifiedBefore: Number.POSITIVE_INFINITY,
    async othersRemoved() {
      // Twice the delay: one that has just come waits for two turns.
      removeFiles();
      removeFiles();
    },
    onFinding: (finding) => findings.push(finding),
    onChecked: () => undefined,
  });
  expect(findings).toEqual([]);
});
