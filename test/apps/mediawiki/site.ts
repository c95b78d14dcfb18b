import { appendFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { run } from "../packages.ts";
import type { Programs } from "../programs.ts";
import { startPhpSite, type WebServer } from "../web-server.ts";

const root = "/usr/share/mediawiki";

/** Debian's MediaWiki with a database in a file, set up by its own installer, that takes `url` for its own. */
export async function startMediaWiki(programs: Programs, port: number, url: string): Promise<WebServer> {
  const { folder } = programs;
  await mkdir(join(folder, "data"), { recursive: true });
  // The installer writes a file of settings, and sets nothing up where one is there already.
  const database = ["--dbtype=sqlite", `--dbpath=${join(folder, "data")}`, "--dbname=wiki"];
  const place = [`--server=${url}`, "--scriptpath=", `--confpath=${folder}`, "--lang=en"];
  const people = ["--pass=a long password", "A small wiki", "Editor"];
  await run(["php", join(root, "maintenance/install.php"), ...database, ...place, ...people], { folder });
  const settings = join(folder, "LocalSettings.php");
  await appendFile(settings, await readFile(join(import.meta.dir, "settings.php"), "utf8"));
  const environment = { MW_CONFIG_FILE: settings };
  await run(["php", join(root, "maintenance/edit.php"), "--user=Editor", "Open"], {
    folder,
    environment,
    input: "For all to read.",
  });
  return startPhpSite(programs, port, {
    root,
    index: "/index.php",
    scripts: String.raw`\.php(/|$)`,
    environment,
  });
}

/** As an operator writes $wgCdnServers. */
export async function nameCacheToMediaWiki(folder: string, url: string): Promise<void> {
  await writeFile(join(folder, "caches"), `${new URL(url).host}\n`);
}
