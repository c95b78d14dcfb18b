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
