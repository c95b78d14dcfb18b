import { cp, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { run } from "../packages.ts";
import type { Programs } from "../programs.ts";
import { startPhpSite, type WebServer } from "../web-server.ts";

const here = import.meta.dir;

export interface WordPressSite {
  readonly origin: WebServer;
  /** The numbers of the posts by their names. */
  readonly posts: Readonly<Record<string, number>>;
  /** From then on what is saved is purged as this plugin does it. */
  usePurger(name: "proxy-cache-purge" | "nginx-helper"): Promise<void>;
}

/** Debian's WordPress with a database of its own, set up without hands, that takes `url` for its own. */
export async function startWordPress(programs: Programs, port: number, url: string): Promise<WordPressSite> {
  const database = await startDatabase(programs);
  const root = join(programs.folder, "root");
  await cp("/usr/share/wordpress", root, { recursive: true, verbatimSymlinks: true });
  await cp(join(here, "wp-config.php"), join(root, "wp-config.php"));
  await mkdir(join(root, "wp-content/mu-plugins"), { recursive: true });
  for (const plugin of ["shop.php", "purging.php"])
    await cp(join(here, plugin), join(root, "wp-content/mu-plugins", plugin));
  const environment = { WP_DATABASE: database, WP_URL: url };
  const said = await run(["php", join(here, "install.php")], { folder: root, environment });
  const posts = z.record(z.string(), z.int()).parse(JSON.parse(said.slice(said.lastIndexOf("{"))));
  const origin = await startPhpSite(programs, port, { root, index: "/index.php", environment });
  const usePurger = async (name: string) => {
    await writeFile(join(root, "wp-content/purging"), name);
  };
  return { origin, posts, usePurger };
}

/** MariaDB, at a socket, whose path it tells. */
async function startDatabase(programs: Programs): Promise<string> {
  const data = join(programs.folder, "database");
  const socket = join(programs.folder, "database.sock");
  const user = process.getuid?.() === 0 ? ["--user=root"] : [];
  await run([
    "mariadb-install-db",
    "--no-defaults",
    `--datadir=${data}`,
    "--auth-root-authentication-method=normal",
    "--skip-test-db",
    ...user,
  ]);
  const words = [
    "mariadbd",
    "--no-defaults",
    ...user,
    `--datadir=${data}`,
    `--socket=${socket}`,
    "--skip-networking",
    "--innodb-flush-log-at-trx-commit=0",
    `--pid-file=${data}/pid`,
  ];
  await programs.start("database", words, socket);
  await run(["mariadb", "--no-defaults", "-u", "root", "-S", socket, "-e", "CREATE DATABASE wordpress"]);
  return socket;
}
