/**
 * A process that stores pieces of a few representations, the same as other such processes, until it is killed:
 * `piece-process.ts DIRECTORY NUMBER`. It ends with the test that started it, however that ends.
 */
import { openProcessStore } from "./process-store.ts";
import { bytesOf, newResponse } from "./samples.ts";

const [directory, number] = process.argv.slice(2);
const parent = process.ppid;
const store = await openProcessStore(directory as string, console.error);
const size = 1_000_000;
let whole = bytesOf(size, 0);
for (let i = 0; process.ppid === parent; i++) {
  // Each representation becomes complete after some time, and another one is begun.
  const primaryKey = `k${Math.floor(i / 20)}`;
  if (i % 20 === 0) whole = bytesOf(size, i / 20);
  const [previous] = await store.pieces.find(primaryKey);
  const start = ((i * 7 + Number(number) * 3) % 20) * 50_000;
  const end = Math.min(start + 50_000 + (i % 3) * 10_000, size);
  const writer = await store.pieces.write(
    newResponse({ primaryKey, askedAt: store.order.next() }),
    { start, end, size },
    previous ?? null,
  );
  await writer.write(whole.subarray(start, end));
  // Refused where another process was quicker.
  await writer.commit().catch(() => writer.abort());
  writer.release();
}
