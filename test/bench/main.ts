/** `make bench`: the built binary beside its peers and its floor. See settings.ts for what may be set. */
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { cpus, release, tmpdir } from "node:os";
import { join } from "node:path";
import { makeCertificate } from "../fixtures/certificate.ts";
import { contenders, installHint } from "./contenders.ts";
import { type Contest, hold } from "./contest.ts";
import { pairOf, readCores } from "./cores.ts";
import { startBenchOrigin } from "./origin-process.ts";
import { readmePath, withFigures } from "./readme.ts";
import { costTable, plain, remarks, tables } from "./report.ts";
import type { Server } from "./servers.ts";
import { type BenchSettings, readSettings } from "./settings.ts";
import { measureSpecial, type SpecialResult, specials, specialTable } from "./specials.ts";
import { workloads } from "./workloads.ts";

interface Results {
  /** The servers that are here, with what they say of their version. */
  readonly versions: ReadonlyMap<Server, string>;
  readonly contests: readonly Contest[];
  readonly specials: readonly SpecialResult[];
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
}

/** The exit code: 1 when the program itself failed at a workload. */
async function main(): Promise<number> {
  const settings = readSettings(process.env);
  pairOf(readCores());
  const missing = ["wrk", "h2load", "taskset", "openssl"].filter((tool) => Bun.which(tool) === null);
  if (missing.length > 0) throw new Error(`the benchmark needs ${missing.join(" and ")}; ${installHint}`);
  const results = await measure(settings, await installed(settings));
  await write(settings, results);
  const failures = results.contests.filter(({ absent }) => absent.has("cacheproxy"));
  for (const { workload } of failures) console.error(`cacheproxy has no figures for ${workload}: see above`);
  return failures.length === 0 ? 0 : 1;
}

async function installed(settings: BenchSettings): Promise<Map<Server, string>> {
  const versions = new Map<Server, string>();
  const missing: string[] = [];
  for (const server of contenders.filter(({ name }) => settings.servers.test(name))) {
    const version = await server.version();
    if (version === null) missing.push(server.name);
    else versions.set(server, version);
  }
  if (versions.size === 0) throw new Error(`${settings.servers} names no server that is installed`);
  if (missing.length > 0)
    console.error(`not installed, and left out: ${missing.join(", ")}; ${installHint}\n`);
  return versions;
}

async function measure(settings: BenchSettings, versions: ReadonlyMap<Server, string>): Promise<Results> {
  const chosen = workloads.filter(({ name }) => settings.workloads.test(name));
  const chosenSpecials = specials.filter(({ name }) => settings.workloads.test(name));
  const names = [...workloads, ...specials].map(({ name }) => name);
  const total = chosen.length + chosenSpecials.length;
  if (total === 0) throw new Error(`${settings.workloads} is in none of the names: ${names.join("; ")}`);
  const servers = [...versions.keys()];
  const folder = await mkdtemp(join(tmpdir(), "cacheproxy-bench-"));
  const origin = await startBenchOrigin();
  let begun = 0;
  const tell = (name: string) => console.error(`${++begun} of ${total}: ${name}`);
  try {
    const certificate = await makeCertificate(folder);
    const contests: Contest[] = [];
    for (const workload of chosen) {
      tell(workload.name);
      contests.push(await hold(workload, servers, origin, certificate, settings));
    }
    const results: SpecialResult[] = [];
    for (const special of chosenSpecials) {
      tell(special.name);
      results.push(await measureSpecial(special, servers, origin, settings));
    }
    return { versions, contests, specials: results };
  } finally {
    await origin.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function write(settings: BenchSettings, { versions, contests, specials }: Results): Promise<void> {
  const { rounds, seconds, output } = settings;
  const names = [...versions.keys()].map(({ name }) => name);
  const { apart, siblings } = readCores();
  const shared = apart.length < 2 ? ", servers and load on two threads of one core" : "";
  const circumstances = [
    `${rounds} rounds of ${seconds} s${settings.quick ? ", QUICK: too short to rely on" : ""}.`,
    `${cpus()[0]?.model ?? "Unknown processor"}, ${apart.length + siblings.length} cores${shared}, Linux ${release()}.`,
    `${[...versions.values()].join("; ")}.`,
  ].join("\n");
  const parts = contests.length === 0 ? [] : [tables(contests, names), remarks(contests)];
  const text = [...parts, ...specials.map(specialTable), circumstances].filter(Boolean).join("\n\n");
  const machine = {
    processor: cpus()[0]?.model ?? "unknown",
    cores: { apart, siblings },
    system: release(),
    versions: Object.fromEntries([...versions].map(([{ name }, version]) => [name, version])),
  };
  const data = { machine, settings: { rounds, seconds }, contests: contests.map(plain), specials };
  await mkdir(output, { recursive: true });
  await Bun.write(join(output, "table.md"), `${text}\n`);
  await Bun.write(join(output, "results.json"), `${JSON.stringify(data, null, 2)}\n`);
  if (settings.readme) {
    const readme = await Bun.file(readmePath).text();
    await Bun.write(readmePath, withFigures(readme, `${costTable(contests, names)}\n\n${circumstances}`));
  }
  console.log(text);
  console.error(`\n${output}/table.md and results.json were written`);
}
