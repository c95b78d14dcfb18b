import { existsSync, readFileSync } from "node:fs";
import { cp, mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { z } from "zod";
import { run } from "./packages.ts";

const wantedSchema = z.object({ dependencies: z.record(z.string(), z.string()) });
const installedSchema = z.object({ version: z.string() });

/** Where an app stands with what it needs from npm; that is kept from one time to the next: Next.js is 340 MB. */
export async function installApp(name: string): Promise<string> {
  const place = resolve(import.meta.dir, "../../dist/apps", name);
  await mkdir(place, { recursive: true });
  await cp(join(import.meta.dir, name, "app"), place, { recursive: true });
  const { dependencies } = wantedSchema.parse(read(join(place, "package.json")));
  const isThere = Object.entries(dependencies).every(
    ([dependency, version]) => installedVersion(place, dependency) === version,
  );
  if (!isThere) await run(["npm", "install", "--no-audit", "--no-fund"], { folder: place });
  return place;
}

function installedVersion(place: string, dependency: string): string | null {
  const file = join(place, "node_modules", dependency, "package.json");
  return existsSync(file) ? installedSchema.parse(read(file)).version : null;
}

function read(file: string): unknown {
  return JSON.parse(readFileSync(file, "utf8"));
}
