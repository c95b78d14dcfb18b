import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Ready } from "../../src/serve/hit/ready.ts";
import { openIndex } from "../../src/keeper/index.ts";
import { createDesks } from "../../src/keeper/desks.ts";
import { systemAfter } from "../../src/store/after.ts";
import { openDiskStore } from "../../src/store/disk/disk-store.ts";
import { createMemoryStore } from "../../src/store/memory/memory-store.ts";
import { createRemovals } from "../../src/store/removals.ts";
import { ordinaryRefusals, StoreError } from "../../src/store/tier.ts";
import { createTieredStore } from "../../src/store/tiers.ts";
import { beginning, startProxy, type TestProxy } from "../serve/proxy.ts";
import { keeperAt } from "../store/directory.ts";
import { newId, order } from "../store/samples.ts";
import { runRangeClients } from "./range-clients.ts";
import { startRoughOrigin } from "./rough-origin.ts";
import type { Target } from "./versions.ts";

/** Larger than what memory takes, than what is fetched whole, and than what is collected before it is sent; and smaller. */
export const targets: readonly [Target, ...Target[]] = [
  { path: "/tag/large", naming: "tag", smallest: 1_200_000 },
  { path: "/tag/other", naming: "tag", smallest: 900_000 },
  { path: "/tag/middle", naming: "tag", smallest: 300_000 },
  { path: "/tag/small", naming: "tag", smallest: 500 },
  { path: "/date", naming: "date", smallest: 600_000 },
  { path: "/weak", naming: "weak", smallest: 100_000 },
  { path: "/none", naming: "none", smallest: 100_000 },
];

export interface RangesOptions {
  readonly seed: number;
  readonly isCalm: boolean;
  readonly clients: number;
  readonly requestsEach: number;
}

/** Random requests for ranges of changing objects, through a proxy in this process whose clock the clients move. */
export async function rangesInProcess(options: RangesOptions): Promise<readonly string[]> {
  const { seed, isCalm } = options;
  const directory = mkdtempSync(join(tmpdir(), "cacheproxy-ranges-"));
  let proxy: TestProxy | undefined;
  const now = () => proxy?.now() ?? beginning;
  const troubles: unknown[] = [];
  const onTrouble = (trouble: unknown) => troubles.push(trouble);
  const memory = createMemoryStore<Ready>({
    now: () => 0,
    removals: createRemovals(1),
    maxBytes: 2_000_000,
    order,
    newId,
  });
  const index = openIndex({ directory, seed, now, onTrouble, maxBytes: 100_000_000 });
  const desks = createDesks({ index: () => index, after: systemAfter, soon: setImmediate });
  const disk = openDiskStore({
    ...{ directory, now, order, newId, onTrouble, removals: createRemovals(1), keeper: keeperAt(desks) },
    maxBytes: 100_000_000,
    onOvertaken: (responses) => responses.forEach(memory.forget),
  });
  const rough = await startRoughOrigin({ seed, targets, isCalm, now });
  try {
    const store = createTieredStore(memory, disk, onTrouble);
    const started = await startProxy(() => undefined, {
      store,
      originUrl: rough.url,
      options: { rangeFill: 1000 },
    });
    proxy = started;
    const complaints = await runRangeClients({
      ...options,
      port: proxy.port,
      targets,
      async onRequest(client, _, dice) {
        const target = targets[dice.roll(targets.length)] ?? targets[0];
        if (dice.percent(6))
          await store.remove({ by: "target", target: target.path, host: null, site: null });
        if (dice.percent(10)) rough.touch(target);
        if (isCalm) return;
        if (client === 0 && dice.percent(30)) started.advance(dice.roll(3));
        if (dice.percent(6)) rough.change(target);
      },
    });
    const unexpected = [...troubles, ...proxy.errors].filter((one) => !isOrdinary(one));
    return [...complaints, ...unexpected.map((one) => `the log: ${describe(one)}`)];
  } finally {
    await proxy?.stop();
    await rough.stop();
    await disk.close();
    index.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** What was removed or replaced while it was on its way is refused. */
function isOrdinary(error: unknown): boolean {
  return error instanceof StoreError && ordinaryRefusals.has(error.code);
}

function describe(error: unknown): string {
  return error instanceof Error ? `${error.message} ${error.stack ?? ""}` : JSON.stringify(error);
}
