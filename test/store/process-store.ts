import { type DiskStore, openDiskStore } from "../../src/store/disk/disk-store.ts";
import { createOrder } from "../../src/store/order.ts";

/** A store as a worker has it, for a process that shares the directory with others. */
export function openProcessStore(directory: string, say: (line: string) => void): DiskStore {
  return openDiskStore({
    directory,
    maxBytes: 1024 * 1024 * 1024,
    now: Date.now,
    order: createOrder(Date.now),
    newId: () => crypto.randomUUID().replaceAll("-", ""),
    onTrouble({ code, message }) {
      say(`trouble ${code} ${message}`);
    },
    role: "worker",
  });
}
