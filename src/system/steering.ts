/** What Bun, its JavaScript engine and its allocator read of their own. None of it is an option of cacheproxy. */
const theirs = /^(?:BUN|NODE|JSC|WTF|WEBKIT|UV|MIMALLOC)_/i;
/** Certificates that the operator trusts, and where a Bun of the user's is installed, which nobody reads here. */
const harmless: ReadonlySet<string> = new Set(["NODE_EXTRA_CA_CERTS", "BUN_INSTALL"]);

/** The variables by which an environment made for other programs would change how this one works. */
export function steeringVariables(environment: Readonly<Record<string, string | undefined>>): string[] {
  return Object.keys(environment).filter((name) => theirs.test(name) && !harmless.has(name));
}

/**
 * Replaces this process by the same program in an environment without these variables. The process stays the same one for
 * whoever has started it, such as systemd. Returns only where the system has no such thing, as Windows has not.
 */
export function startAnewWithout(
  names: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): void {
  const kept = Object.entries(environment).filter(([name]) => !names.includes(name));
  try {
    process.execve?.(process.execPath, [process.argv0, ...process.argv.slice(2)], Object.fromEntries(kept));
  } catch {
    // The caller goes on, and tells.
  }
}
