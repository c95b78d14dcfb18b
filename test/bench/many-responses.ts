import { createDesks } from "../../src/keeper/desks.ts";
import { openIndex } from "../../src/keeper/index.ts";
import { primaryKey } from "../../src/rules/cache-key.ts";
import { checksumOf } from "../../src/store/disk/checksum.ts";
import type { NewRow } from "../../src/store/disk/keeper.ts";
import { keeperAt } from "../store/directory.ts";
import { bytesOf, newId, policy } from "../store/samples.ts";

/** A cache of many small responses, for what is measured of one. */

const body = bytesOf(1024);
const checksum = checksumOf(body);
const types = ["text/html; charset=utf-8", "image/png", "application/json", "text/css"];

export const targetOf = (i: number) => `/some/path/of/usual/length/${i}`;
/** As the proxy asks for it: see test/fixtures/raw-client.ts. */
export const keyOf = (i: number) => primaryKey({ host: "cache.test", target: targetOf(i) });
export const onTrouble = (trouble: { code: string; message: string }) => console.error(trouble);
export const secondsSince = (begun: number) => ((Bun.nanoseconds() - begun) / 1e9).toFixed(2);

const fieldsOf = (i: number): [string, string][] => [
  ["cache-control", "public, max-age=86400"],
  ["content-type", types[i % types.length] ?? ""],
  ["etag", '"33a64df551425fcc55e4d42a148795d9f25f89d4"'],
  ["last-modified", "Tue, 14 Nov 2023 20:00:00 GMT"],
  ["server", "Apache/2.4.57 (Debian)"],
];

/** Bodies of 1 KB; their lifetimes differ, and a hundredth bears a name. `changesOf` says by what else they differ. */
export function storeMany(
  directory: string,
  objects: number,
  changesOf: (i: number) => Partial<NewRow> = () => ({}),
): void {
  const begun = Bun.nanoseconds();
  const keeper = openIndex({ directory, now: Date.now, seed: 1, onTrouble });
  const at = Date.now();
  for (let first = 0; first < objects; first += 1000) {
    const inserts: NewRow[] = [];
    for (let i = first; i < Math.min(first + 1000, objects); i++) {
      const id = at.toString(36) + newId();
      const tags = i % 100 === 0 ? ["hundredth"] : [];
      const own = policy({ freshnessLifetime: 86_400 + (i % 5000), responseAt: at, dateAt: at, tags });
      inserts.push({
        ...{ id, primaryKey: keyOf(i), variantKey: "", status: 200, size: 1024, version: at, checksum, body },
        policy: JSON.stringify(own),
        fields: JSON.stringify(fieldsOf(i)),
        ...{
          tags,
          spentAt: null,
          lastUsedAt: at - (i % 5000),
          used: false,
          hits: i % 1000,
          modifiedAt: null,
        },
        afterRemoval: keeper.lastRemoval(),
        ...changesOf(i),
      });
    }
    keeper.commit({ inserts, updates: [], uses: new Map(), verified: new Map(), damaged: [] });
    if (first % 50_000 === 0) keeper.checkpoint();
  }
  keeper.close();
  console.log(`${objects} responses made in ${secondsSince(begun)} s`);
}

/** To look up needs none. */
const noDesks = createDesks({ index: () => undefined, after: () => () => undefined, soon: (run) => run() });
export const noKeeper = { ...keeperAt(noDesks), isThere: false };
