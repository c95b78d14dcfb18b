import { describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Dice, diceFor } from "../stress/dice.ts";
import { stoppedAfterEach } from "./cleanup.ts";
import { type RunningProxy, startProxy, untilGone } from "./harness.ts";
import { originOfAllTests } from "./origin.ts";

/**
 * What a purge has removed that was answered never comes back, though all processes are killed at that moment; what it has
 * left is there.
 */

const keep = stoppedAfterEach();

/** The same for everybody, so that a failure can be had again; SEED begins with another. */
const seed = Number(process.env["SEED"] ?? 20_261_128);
/** How often all is killed: `ROUNDS=100 bun test ./test/e2e/kill-purge.test.ts`. */
const rounds = Number(process.env["ROUNDS"] ?? 4);

/** Of all objects: a change that nobody has told the proxy of. */
let version = 1;
/** In the index, in the index and a file, and in a file beside others. */
const sizes = [100, 30_000, 70_000, 300_000] as const;
const hosts = ["one.test", "two.test"] as const;
const folders = ["a", "b", "c"] as const;
const numbers = [1, 2, 3] as const;

interface Named {
  readonly host: string;
  /** "/a/70000/3" */
  readonly path: string;
}

const objects: readonly Named[] = hosts.flatMap((host) =>
  folders.flatMap((folder) =>
    sizes.flatMap((size) => numbers.map((number) => ({ host, path: `/${folder}/${size}/${number}` }))),
  ),
);

const aPath = (dice: Dice) => `/${dice.pick(folders)}/${dice.pick(sizes)}/${dice.pick(numbers)}`;

/** The last part of the path is the number of a group. */
const groupOf = (path: string) => `group-${path.split("/")[3]}`;

const origin = originOfAllTests((request) => {
  const path = new URL(request.url).pathname;
  const headers = {
    "Cache-Control": "max-age=3600",
    "Content-Type": "text/plain",
    "Surrogate-Key": `all-of-it ${groupOf(path)}`,
    "Cache-Groups": `"${groupOf(path)}"`,
    ETag: `"v${version}"`,
  };
  return new Response(`${version} `.padEnd(Number(path.split("/")[2]), "."), { headers });
});

/** What may be asked for, and which objects it names. */
interface Purge {
  readonly words: Readonly<Record<string, string | true>>;
  readonly names: (object: Named) => boolean;
}

const kinds = {
  url(dice: Dice): Purge {
    const [host, path] = [dice.pick(hosts), aPath(dice)];
    return {
      words: { url: `http://${host}${path}` },
      names: (object) => object.host === host && object.path === path,
    };
  },
  path(dice: Dice): Purge {
    const path = aPath(dice);
    return { words: { path }, names: (object) => object.path === path };
  },
  prefix(dice: Dice): Purge {
    const prefix = `/${dice.pick(folders)}/${dice.pick(sizes)}/`;
    return { words: { prefix }, names: ({ path }) => path.startsWith(prefix) };
  },
  group(dice: Dice): Purge {
    const group = groupOf(aPath(dice));
    return { words: { group }, names: ({ path }) => groupOf(path) === group };
  },
  tag(dice: Dice): Purge {
    const tag = groupOf(aPath(dice));
    return { words: { tag }, names: ({ path }) => groupOf(path) === tag };
  },
  glob(dice: Dice): Purge {
    const [folder, number] = [dice.pick(folders), dice.pick(numbers)];
    const glob = `/${folder}/*/${number}`;
    return {
      words: { glob },
      names: ({ path }) => path.startsWith(`/${folder}/`) && path.endsWith(`/${number}`),
    };
  },
  host(dice: Dice): Purge {
    const host = dice.pick(hosts);
    return { words: { host }, names: (object) => object.host === host };
  },
  all: () => ({ words: { all: true }, names: () => true }),
} satisfies Record<string, (dice: Dice) => Purge>;

/** Not everything each time. */
const someKinds = [kinds.url, kinds.path, kinds.prefix, kinds.group, kinds.tag, kinds.glob] as const;

async function start(cacheDir: string): Promise<RunningProxy> {
  const flags = ["--log", "off", "--memory", "2MB", "--preserve-host"];
  return keep(await startProxy(origin.url(), { cacheDir, launcher: ["setsid"], flags }));
}

interface Seen {
  readonly object: Named;
  readonly word: string | null;
  readonly version: number;
}

async function seen({ url }: RunningProxy, object: Named): Promise<Seen> {
  const response = await fetch(url + object.path, { headers: { Host: object.host } });
  const text = await response.text();
  return { object, word: response.headers.get("X-Cache"), version: Number(text.split(" ")[0]) };
}

const seenOfAll = (proxy: RunningProxy) => Promise.all(objects.map((object) => seen(proxy, object)));

/** Until all are in the index: what it lacks a new process would not find. */
async function fill(proxy: RunningProxy): Promise<void> {
  for (;;) {
    await seenOfAll(proxy);
    const answer = await fetch("http://localhost/stats", { unix: join(proxy.cacheDir, "admin.sock") });
    const { store } = (await answer.json()) as { store: { objects: number } };
    if (store.objects >= objects.length) return;
  }
}

/** Whether it was answered that it was done. */
async function purge({ cacheDir }: RunningProxy, words: Purge["words"]): Promise<boolean> {
  const asked = fetch("http://localhost/purge", {
    method: "POST",
    unix: join(cacheDir, "admin.sock"),
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(words),
  });
  // Who was killed does not answer.
  const answer = await asked.catch(() => undefined);
  return answer?.ok === true;
}

async function killAll(proxy: RunningProxy, workers: readonly number[]): Promise<void> {
  process.kill(-proxy.pid, "SIGKILL");
  await proxy.exited;
  await Promise.all(workers.map(untilGone));
}

function cacheFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "cacheproxy-kill-"));
  keep({ stop: async () => rmSync(folder, { recursive: true, force: true }) });
  return folder;
}

describe.skipIf(Bun.which("setsid") === null)("SIGKILL to all processes", () => {
  test.each(Object.entries(kinds))(
    "when a purge has been answered (%s): what it has named is gone, and nothing else",
    async (_, kind) => {
      const cacheDir = cacheFolder();
      const { names, words } = kind(diceFor(seed));
      const first = await start(cacheDir);
      await fill(first);
      const workers = await first.workerPids();
      const before = version++;
      expect(await purge(first, words)).toBe(true);
      await killAll(first, workers);
      const answers = await seenOfAll(await start(cacheDir));
      for (const { object, ...answer } of answers)
        expect({ object, ...answer }).toEqual({
          object,
          ...(names(object) ? { word: "MISS", version } : { word: "HIT", version: before }),
        });
    },
  );

  test("when a soft purge has been answered: what it has named is asked for anew, and nothing else", async () => {
    const cacheDir = cacheFolder();
    const { names, words } = kinds.tag(diceFor(seed));
    const first = await start(cacheDir);
    await fill(first);
    const workers = await first.workerPids();
    const before = version++;
    expect(await purge(first, { ...words, soft: true })).toBe(true);
    await killAll(first, workers);
    // It has no window in which it may be used stale, and the origin does not confirm its validator.
    for (const { object, ...answer } of await seenOfAll(await start(cacheDir)))
      expect({ object, ...answer }).toEqual({
        object,
        ...(names(object) ? { word: "MISS", version } : { word: "HIT", version: before }),
      });
  });

  test("while purges are under way: each that was answered holds, and who asks gets nothing older", async () => {
    const cacheDir = cacheFolder();
    /** What was established of each object, by the purges that were answered. */
    const least = new Map<Named, number>();
    for (let round = 0; round < rounds; round++) {
      const dice = diceFor(seed, "round", round);
      const proxy = await start(cacheDir);
      await fill(proxy);
      const workers = await proxy.workerPids();
      const enough = Promise.withResolvers<void>();
      const killAfter = 1 + dice.roll(12);
      let answered = 0;
      const purging = Array.from({ length: 16 }, async () => {
        const { names, words } = dice.pick(someKinds)(dice);
        const established = ++version;
        if (!(await purge(proxy, words))) return;
        for (const object of objects)
          if (names(object)) least.set(object, Math.max(established, least.get(object) ?? 0));
        answered += 1;
        if (answered === killAfter) enough.resolve();
      });
      // Others bring back what has gone.
      const reading = objects.map((object) => seen(proxy, object).catch(() => undefined));
      await enough.promise;
      await killAll(proxy, workers);
      await Promise.all([...purging, ...reading]);
      const next = await start(cacheDir);
      const answers = await seenOfAll(next);
      expect(answers.filter(({ object, version }) => version < (least.get(object) ?? 0))).toEqual([]);
      await next.stop();
    }
  }, 120_000);
});
