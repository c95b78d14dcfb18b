/**
 * A keeper that makes stale all that it has stored of a tag: `softening-process.ts DIRECTORY ROWS`. Says "begun" when the
 * first of it is on the disk, "done" when all of it is, and lives until it is killed.
 */
import { openIndex } from "../../src/keeper/index.ts";
import { policy } from "../store/samples.ts";
import { batchOf, newRow } from "./batches.ts";

const [directory = "", count] = process.argv.slice(2);
const index = openIndex({
  directory,
  now: Date.now,
  seed: 1,
  onTrouble: ({ message }) => console.log(message),
});
const fresh = policy({
  ...{
    tags: ["tag"],
    responseAt: Date.now() - 10_000,
    freshnessLifetime: 3600,
    staleWhileRevalidateWindow: 60,
  },
});
const rows = Array.from({ length: Number(count) }, (_, place) =>
  newRow({
    primaryKey: `/${place} h`,
    tags: ["tag"],
    policy: JSON.stringify(fresh),
    body: new Uint8Array(1),
  }),
);
index.commit(batchOf(rows));
const removed = index.remove([{ by: "tag", tag: "tag", host: null, site: null, soft: true }]);
console.log("begun");
await removed;
console.log("done");
setInterval(() => undefined, 60_000);
