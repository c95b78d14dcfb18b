import { afterEach, expect, test } from "bun:test";
import { join } from "node:path";
import type { DiskFound } from "../../src/store/disk/disk-found.ts";
import { directoryForEachTest } from "../store/directory.ts";
import { bytesOf, readBody } from "../store/samples.ts";
import { type ServedKeeper, serveKeeper } from "./served.ts";

const script = join(import.meta.dir, "storing-process.ts");
const directory = directoryForEachTest();
let keeper: ServedKeeper | undefined;
afterEach(async () => {
  await keeper?.leave();
  keeper = undefined;
});

function serve(): ServedKeeper {
  keeper = serveKeeper(directory.path, directory.keep({ now: Date.now }));
  return keeper;
}

function spawn(name: string, count: number, stdout: "pipe" | "ignore") {
  return Bun.spawn([process.execPath, script, directory.path, name, `${count}`], {
    stdout,
    stderr: "inherit",
  });
}

/** Responses that are found one after the other, as each process has stored them. */
async function wholeOf(names: readonly string[]): Promise<{ responses: number; inFiles: number }> {
  const store = directory.open();
  let [responses, inFiles] = [0, 0];
  for (const name of names) {
    for (let i = 0; ; i++) {
      const [found] = (await store.find(`${name}/${i}`)) as DiskFound[];
      if (found === undefined) break;
      expect(Buffer.compare(await readBody(found), bytesOf(100 + (i % 7) * 30_000, i))).toBe(0);
      responses++;
      if (found.body.kind === "file") inFiles++;
    }
  }
  expect(store.troubles).toEqual([]);
  return { responses, inFiles };
}

test("workers that start at the same time all succeed, all that they store is there, and no room stays granted", async () => {
  const { visits, troubles } = serve();
  const names = ["p0", "p1", "p2", "p3"];
  const processes = names.map((name) => spawn(name, 20, "pipe"));
  for (const one of processes) {
    expect(await new Response(one.stdout).text()).toBe("open\nstored\n");
    expect(await one.exited).toBe(0);
  }
  while (visits.length < 8) await new Promise(setImmediate);
  expect(visits.filter((visit) => visit === "left in order")).toHaveLength(4);
  const index = directory.keep();
  expect(troubles).toEqual([]);
  expect(index.totals().objects).toBe(80);
  expect(index.futureSpace().bytes).toBe(index.totals().bytes);
  expect((await wholeOf(names)).responses).toBe(80);
}, 30_000);

test("workers killed while they store leave whole responses and orphans that are swept, and no room stays granted", async () => {
  const { visits } = serve();
  const index = directory.keep();
  const names = ["p0", "p1", "p2"];
  const processes = names.map((name) => spawn(name, 100_000, "ignore"));
  // To be killed in the middle of whatever they do: only the index tells how far they are.
  while (index.totals().objects < 150) await new Promise(setImmediate);
  for (const one of processes) one.kill("SIGKILL");
  await Promise.all(processes.map((one) => one.exited));
  while (visits.length < 6) await new Promise(setImmediate);
  expect(visits.filter((visit) => visit === "left")).toHaveLength(3);
  // What they were writing goes by itself; what lay in its place already, with the next sweep.
  index.discardEnded();
  expect(directory.files().filter((name) => name.startsWith("tmp"))).toEqual([]);
  await index.sweepOrphans(Number.POSITIVE_INFINITY);
  const { objects } = index.totals();
  const files = directory.files().length;
  expect(await wholeOf(names)).toEqual({ responses: objects, inFiles: files });
  expect(index.futureSpace()).toEqual({ bytes: index.totals().bytes, files });
}, 30_000);
