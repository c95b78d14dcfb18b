/** `make bench`: the built binary beside its peers and its floor. See settings.ts for what may be set. */
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { availableParallelism, cpus, release, tmpdir } from "node:os";
import { join } from "node:path";
import { makeCertificate } from "../fixtures/certificate.ts";
import { contenders, installHint } from "./contenders.ts";
import { type Contest, hold } from "./contest.ts";
import { startBenchOrigin } from "./origin-process.ts";
import { absences, plain, tables } from "./report.ts";
import type { Server } from "./servers.ts";
import { readSettings } from "./settings.ts";
import { measureSpecials, specialTable } from "./specials.ts";
import { workloads } from "./workloads.ts";

const settings = readSettings(process.env);
for (const tool of ["wrk", "h2load", "taskset", "openssl"]) {
  if (Bun.which(tool) === null) throw new Error(`${tool} is not installed; ${installHint}`);
}

const servers: Server[] = [];
const versions: Record<string, string> = {};
for (const server of contenders.filter(({ name }) => settings.servers.test(name))) {
  const version = await server.version();
  if (version === null) {
    console.error(`${server.name} is not installed and takes no part; ${installHint}`);
    continue;
  }
  servers.push(server);
  versions[server.name] = version;
}

const folder = await mkdtemp(join(tmpdir(), "cacheproxy-bench-"));
const origin = await startBenchOrigin();
try {
  const certificate = await makeCertificate(folder);
  const contests: Contest[] = [];
  for (const workload of workloads.filter(({ name }) => settings.workloads.test(name))) {
    console.error(`${workload.name} …`);
    contests.push(await hold(workload, servers, origin, certificate, settings));
  }
  const names = servers.map(({ name }) => name);
  const specials = await measureSpecials(servers, origin, settings, (name) => console.error(`${name} …`));
  const machine = {
    processor: cpus()[0]?.model ?? "unknown",
    cores: availableParallelism(),
    system: release(),
    versions,
  };
  const text = [
    contests.length === 0 ? "" : tables(contests, names),
    absences(contests),
    ...specials.map((special) => `${specialTable(special)}\n`),
    `${settings.rounds} rounds of ${settings.seconds} s; ${machine.processor}, Linux ${machine.system}.`,
    `${Object.values(versions).join("; ")}.`,
  ].join("\n");
  await mkdir(settings.output, { recursive: true });
  await Bun.write(join(settings.output, "table.md"), `${text}\n`);
  await Bun.write(
    join(settings.output, "results.json"),
    `${JSON.stringify({ machine, settings: { rounds: settings.rounds, seconds: settings.seconds }, contests: contests.map(plain), specials }, null, 2)}\n`,
  );
  console.log(text);
  console.error(`${settings.output}/table.md and results.json were written`);
} finally {
  await origin.stop();
  await rm(folder, { recursive: true, force: true });
}
