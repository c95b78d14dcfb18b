import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

/** Where programs that a test wants come from: the machine, or its packages where this user may install them. */
export type Program = { readonly path: string } | { readonly missing: string };

/**
 * The program's path. Where it is missing on a Debian machine and this user is root, its package is installed. Else a
 * line that says why the test is skipped.
 */
export function program(name: string, debianPackage: string = name): Program {
  const path = Bun.which(name) ?? installed(name, debianPackage);
  return path === undefined
    ? { missing: `${name} is not on this machine and cannot be installed` }
    : { path };
}

/**
 * The same for one whose package would start a service when it is installed: it is only unpacked, which needs no rights, and
 * lies with the toolchain until that is removed.
 */
export function unpackedProgram(name: string, debianPackage: string): Program {
  const path = Bun.which(name) ?? unpacked(`usr/bin/${name}`, debianPackage);
  return path === undefined ? { missing: `${name} is not on this machine and cannot be fetched` } : { path };
}

function unpacked(file: string, debianPackage: string): string | undefined {
  const folder = resolve(import.meta.dir, "../../.toolchain/debian");
  const path = join(folder, debianPackage, file);
  if (existsSync(path)) return path;
  if (!Bun.which("apt-get")) return undefined;
  mkdirSync(folder, { recursive: true });
  const beside = mkdtempSync(join(folder, "new-"));
  const run = (...words: string[]) =>
    Bun.spawnSync(words, { cwd: beside, stdio: ["ignore", "ignore", "ignore"] }).exitCode === 0;
  const download = () => run("apt-get", "download", debianPackage);
  const isThere = download() || (run("apt-get", "update") && download());
  const [archive] = [...new Bun.Glob("*.deb").scanSync(beside)];
  if (isThere && archive !== undefined && run("dpkg-deb", "--extract", archive, "."))
    putInPlace(join(beside, file), path);
  rmSync(beside, { recursive: true });
  return existsSync(path) ? path : undefined;
}

/** In one step: another test may be looking for it. */
function putInPlace(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  renameSync(from, to);
}

function installed(name: string, debianPackage: string): string | undefined {
  if (process.getuid?.() !== 0 || !Bun.which("apt-get")) return undefined;
  const install = ["apt-get", "install", "--yes", "--no-install-recommends", debianPackage];
  for (const command of [install, ["apt-get", "update"], install]) {
    Bun.spawnSync(command, {
      stdio: ["ignore", "ignore", "ignore"],
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
    });
    const path = Bun.which(name);
    if (path) return path;
  }
  return undefined;
}
