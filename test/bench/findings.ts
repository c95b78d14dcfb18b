/**
 * What it takes to look through a million stored responses for what an operator would change: `bun test/bench/findings.ts
 * [OBJECTS]`, after `make cacheproxy` (some minutes, and 3 GB). How long the process takes that looks, on the clock and of a
 * processor, and how much memory: of a million pages, and of a shop where all that splits pages does, with names made up.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { readAnswerSchema } from "../../src/control/entries-request.ts";
import type { FindingsRequest } from "../../src/control/findings-request.ts";
import { primaryKey } from "../../src/rules/cache-key.ts";
import { cookieMark } from "../../src/sites/marks.ts";
import { policy } from "../store/samples.ts";
import { storeMany } from "./many-responses.ts";

const objects = Number(process.argv[2] ?? 1_000_000);
const request: FindingsRequest = { kind: "findings", hidden: [], milliseconds: 10_000, cookieRules: ["r"] };

const stores = {
  "pages that are stored once": () => ({}),
  "a shop where pages are split": shopRow,
};

for (const [name, changesOf] of Object.entries(stores)) {
  const directory = mkdtempSync(join(tmpdir(), "cacheproxy-findings-"));
  try {
    storeMany(directory, objects, changesOf);
    for (const turn of ["first", "again"]) await look(`${name}, ${turn}`, directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function look(name: string, directory: string): Promise<void> {
  const begun = performance.now();
  const child = Bun.spawn([resolve("cacheproxy"), "reader", directory], {
    stdin: new Blob([JSON.stringify(request)]),
    stdout: "pipe",
    stderr: "inherit",
  });
  const said = await child.stdout.text();
  await child.exited;
  const milliseconds = performance.now() - begun;
  const answer = readAnswerSchema.parse(JSON.parse(said));
  if (answer.kind !== "findings") throw new Error(said);
  const { looked, isWhole, splits, personal } = answer;
  const usage = child.resourceUsage();
  const memory = ((usage?.maxRSS ?? 0) / 1024 / 1024).toFixed(0);
  const processor = (Number(usage?.cpuTime.total ?? 0) / 1000).toFixed(0);
  console.log(
    `${name}: ${milliseconds.toFixed(0)} ms, ${processor} ms of a processor, ${memory} MB; ${looked} looked at${isWhole ? "" : ", not all"}; ${splits.length} splits, ${personal.length} suspects`,
  );
}

/** Of each kind many: advertisements, sessions, browsers, cookies, names that somebody makes up, accounts. */
function shopRow(i: number) {
  const page = Math.floor(i / 20);
  const host = "shop.test";
  const site = "shop";
  const copy = i % 20;
  const keyed = (target: string, marks: readonly string[] = []) =>
    primaryKey({ host, site, scheme: "https", target, marks });
  switch (page % 6) {
    case 0:
      return {
        primaryKey: keyed(`/offers/${page}?utm_source=a${copy}&utm_medium=b${copy % 3}&id=${copy % 2}`),
      };
    case 1:
      return { primaryKey: keyed(`/p/${page}?id=${copy % 4}&sid=${copy}`) };
    case 2:
      return { primaryKey: keyed(`/list/${page}`), variantKey: `accept-encoding:gzip\nuser-agent:b ${copy}` };
    case 3:
      return { primaryKey: keyed(`/c/${page}`, [cookieMark("lang", [`l${copy}`])]) };
    case 4:
      return { primaryKey: keyed(`/search?q=${i}&x${i}=1&y=${copy}`) };
    default:
      return {
        primaryKey: keyed(`/account/orders/${i}`),
        policy: JSON.stringify(policy({ withheldFields: ["set-cookie"], rules: ["r"], vary: ["cookie"] })),
      };
  }
}
