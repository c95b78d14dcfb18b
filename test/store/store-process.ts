/**
 * A process that opens a cache directory as a worker does and stores responses until it is told to stop or killed:
 * `store-process.ts DIRECTORY NAME COUNT`. Says "open", then "stored", on stdout.
 */
import { openProcessStore } from "./process-store.ts";
import { bytesOf, newResponse, put } from "./samples.ts";

const [directory, name, count] = process.argv.slice(2);
const store = openProcessStore(directory as string, console.log);
console.log("open");
for (let i = 0; i < Number(count); i++) {
  const { primaryKey } = newResponse({ primaryKey: `${name}/${i}` });
  // The body can be worked out from the key, so that whoever reads it can tell a wrong one.
  await put(store, { primaryKey }, bytesOf(100 + (i % 7) * 30_000, i));
  await Bun.sleep(0);
}
await store.close();
console.log("stored");
