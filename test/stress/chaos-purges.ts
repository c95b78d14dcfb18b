import { runBinary } from "../e2e/harness.ts";
import type { Dice } from "./dice.ts";
import type { Ledger } from "./ledger.ts";
import { type Program, type Purged, purge } from "./program.ts";
import type { RoughOrigin } from "./rough-origin.ts";
import { groupsOf, type Target } from "./versions.ts";

export interface PurgeScene {
  readonly program: Program;
  readonly origin: RoughOrigin;
  readonly targets: readonly Target[];
  readonly ledger: Ledger;
  readonly moment: (at: number) => string;
}

interface Purge {
  /** As the admin API takes them. */
  readonly words: Purged;
  /** As the command does; null where it has none for it. */
  readonly flags: readonly string[] | null;
  readonly names: (each: Target) => boolean;
}

function purgeOf(target: Target, dice: Dice): Purge {
  const { path } = target;
  const prefix = path.slice(0, 3);
  const group = dice.pick(groupsOf(target));
  const url = `http://cache.test${path}`;
  const itself = (each: Target) => each === target;
  return dice.pick<Purge>([
    { words: { path }, flags: [path], names: itself },
    { words: { url }, flags: [url], names: itself },
    { words: { prefix }, flags: ["--prefix", prefix], names: (each) => each.path.startsWith(prefix) },
    { words: { group }, flags: null, names: (each) => groupsOf(each).includes(group) },
    { words: { tag: group }, flags: ["--tag", group], names: (each) => groupsOf(each).includes(group) },
    {
      words: { glob: `${prefix}*` },
      flags: ["--glob", `${prefix}*`],
      names: (each) => each.path.startsWith(prefix),
    },
    { words: { all: true }, flags: ["--all"], names: () => true },
  ]);
}

/** Whoever asks afterwards gets what the origin had when this began, of all that is named. */
export async function purgeSome(scene: PurgeScene, target: Target, dice: Dice): Promise<void> {
  const { program, origin, targets, ledger, moment } = scene;
  const { words, flags, names } = purgeOf(target, dice);
  origin.change(target);
  const beganAt = performance.now();
  const versions = targets.filter(names).map((each) => [each, origin.version(each)] as const);
  const isByCommand = flags !== null && dice.percent(15);
  const isDone = isByCommand ? await purgeByCommand(program, flags) : await purgeByDoor(program, words);
  const how = `purge of ${JSON.stringify(words)}, from ${moment(beganAt)} to ${moment(performance.now())}`;
  if (isDone) for (const [each, version] of versions) ledger.establish(each, version, how);
}

/** What could not be removed from the disk is served no more all the same. */
const isServedNoMore = (said: string) => said.includes("served no more");

/** A request that is none would never establish anything, and nobody would know. */
const isMistaken = (said: string) => said.includes("refused with 400");

async function purgeByDoor(program: Program, words: Purged): Promise<boolean> {
  return await purge(program, words).then(
    () => true,
    (error: unknown) => {
      if (isMistaken(String(error))) throw error;
      return isServedNoMore(String(error));
    },
  );
}

async function purgeByCommand({ cacheDir }: Program, flags: readonly string[]): Promise<boolean> {
  const { code, stderr } = await runBinary(["purge", ...flags, "--cache-dir", cacheDir]);
  if (code === 2) throw new Error(`the command was refused: ${stderr}`);
  // 3: there was nothing of it.
  return code === 0 || code === 3 || isServedNoMore(stderr);
}
