/**
 * A process that has a cache directory as a worker has it and stores responses until it is told to stop or killed:
 * `storing-process.ts DIRECTORY NAME COUNT`. Says "open", then "stored", on stdout, and what troubles it.
 */
import { keeperSocketPath } from "../../src/control/keeper-socket.ts";
import { systemAfter } from "../../src/store/after.ts";
import { openDiskStore } from "../../src/store/disk/disk-store.ts";
import { createOrder } from "../../src/store/order.ts";
import { createRemovals } from "../../src/store/removals.ts";
import type { Trouble } from "../../src/store/tier.ts";
import { openKeeperLink } from "../../src/worker/keeper-link.ts";
import { bytesOf, newResponse, put } from "../store/samples.ts";

const [directory = "", name, count] = process.argv.slice(2);
const order = createOrder(Date.now);

function onTrouble({ code, message }: Trouble): void {
  console.log(`trouble ${code} ${message}`);
}

const keeper = openKeeperLink({ path: keeperSocketPath(directory), after: systemAfter, onTrouble });
await keeper.reached(10_000);
const store = openDiskStore({
  ...{ directory, keeper, order, onTrouble },
  maxBytes: 1024 * 1024 * 1024,
  now: Date.now,
  newId: () => crypto.randomUUID().replaceAll("-", ""),
  removals: createRemovals(1),
});
console.log("open");
for (let i = 0; i < Number(count); i++) {
  // The body can be worked out from the key, so that whoever reads it can tell a wrong one.
  const entry = { primaryKey: newResponse({ primaryKey: `${name}/${i}` }).primaryKey, askedAt: order.next() };
  await put(store, entry, bytesOf(100 + (i % 7) * 30_000, i));
  await Bun.sleep(0);
}
await store.close();
keeper.close();
console.log("stored");
