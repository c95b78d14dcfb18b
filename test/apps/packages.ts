import { existsSync } from "node:fs";

/** What Debian has of the applications; the web server does not come by itself, where another is there. */
export const packages = [
  "nginx-light",
  "php-fpm",
  "php-cli",
  "php-curl",
  "php-mysql",
  "php-sqlite3",
  "mariadb-server-core",
  "mariadb-client-core",
  "wordpress",
  "wordpress-theme-twentytwentythree",
  "mediawiki",
  "chromium",
];

/** Installs what is missing; says how, where that is not possible, and what it would be for. */
export async function installPackages(names: readonly string[], purpose: string): Promise<void> {
  const missing: string[] = [];
  for (const name of names) if (!(await isInstalled(name))) missing.push(name);
  if (missing.length === 0) return;
  const words = ["apt-get", "install", "--yes", "--no-install-recommends", ...missing];
  if (process.getuid?.() !== 0 || Bun.which("apt-get") === null)
    throw new Error(`${purpose} needs Debian and these packages: sudo ${words.join(" ")}`);
  console.log(`installing ${missing.join(", ")} …`);
  await run(["apt-get", "update"]);
  // PHP would come as a module of Apache, and bring it; the minus keeps it out where it is not there already.
  const without = (await isInstalled("apache2-bin")) ? [] : ["apache2-bin-"];
  await run([...words, ...without]);
}

async function isInstalled(name: string): Promise<boolean> {
  const child = Bun.spawn(["dpkg-query", "--status", name], {
    stdout: "pipe",
    stderr: "ignore",
  });
  return (await child.stdout.text()).includes("\nStatus: install ok installed\n");
}

/** Runs a program to its end; rejects with what it said when it fails. */
export async function run(
  words: readonly string[],
  { folder, input, environment = {} }: RunOptions = {},
): Promise<string> {
  const child = Bun.spawn([...words], {
    ...(folder === undefined ? {} : { cwd: folder }),
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive", ...environment },
    stdin: input === undefined ? "ignore" : new Blob([input]),
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  if (code !== 0)
    throw new Error(`${words.join(" ")} ended with ${code}:\n${(stdout + stderr).slice(-2000)}`);
  return stdout;
}

export interface RunOptions {
  readonly folder?: string;
  readonly input?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/** Debian's names carry the version of PHP: /usr/sbin/php-fpm8.2. */
export async function phpServer(): Promise<string> {
  for await (const path of new Bun.Glob("php-fpm*").scan({
    cwd: "/usr/sbin",
    absolute: true,
    onlyFiles: false,
  }))
    if (existsSync(path)) return path;
  throw new Error("there is no /usr/sbin/php-fpm…");
}
