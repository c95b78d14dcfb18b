import { systemAfter } from "../../src/store/after.ts";
import { type DiskStore, openDiskStore } from "../../src/store/disk/disk-store.ts";
import { createOrder, type Order } from "../../src/store/order.ts";
import { createRemovals } from "../../src/store/removals.ts";
import { keeperSocketPath } from "../../src/control/keeper-socket.ts";
import { openKeeperLink } from "../../src/worker/keeper-link.ts";

/** A store as a worker has it, for a process of its own; the keeper is that of the test. Resolves when it is reached. */
export async function openProcessStore(
  directory: string,
  say: (line: string) => void,
): Promise<DiskStore & { readonly order: Order }> {
  const order = createOrder(Date.now);
  const onTrouble = ({ code, message }: { readonly code: string; readonly message: string }) =>
    say(`trouble ${code} ${message}`);
  const keeper = openKeeperLink({ path: keeperSocketPath(directory), after: systemAfter, onTrouble });
  await keeper.reached(10_000);
  const store = openDiskStore({
    ...{ directory, keeper, onTrouble },
    maxBytes: 1024 * 1024 * 1024,
    now: Date.now,
    order,
    removals: createRemovals(1),
    newId: () => crypto.randomUUID().replaceAll("-", ""),
  });
  return {
    ...store,
    order,
    async close() {
      await store.close();
      keeper.close();
    },
  };
}
