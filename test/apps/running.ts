import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { type PastPurge, pastPurgesSchema } from "../../src/control/purge.ts";
import { binary } from "../e2e/harness.ts";
import { Lines } from "../e2e/lines.ts";
import { freePort } from "../fixtures/port.ts";
import { run } from "./packages.ts";
import { Programs } from "./programs.ts";

/** A line of the log. */
const joinedSchema = z.object({ cache: z.string(), target: z.string(), bytes: z.int() });

/** A folder, ports and programs for one application, and the proxy before it. */
export class Stage {
  readonly programs: Programs;
  #proxy: { kill(): void; readonly exited: Promise<number> } | undefined;
  #log: Lines | undefined;

  private constructor(
    readonly folder: string,
    readonly proxyPort: number,
    readonly originPort: number,
  ) {
    this.programs = new Programs(folder);
  }

  static async set(): Promise<Stage> {
    return new Stage(await mkdtemp(join(tmpdir(), "cacheproxy-apps-")), await freePort(), await freePort());
  }

  /** As visitors know it. */
  get url(): string {
    return `http://127.0.0.1:${this.proxyPort}`;
  }

  /** Starts the proxy as an operator would, with two workers and a file that names the presets, if there are any, after more lines of it. */
  async startProxy(
    presets: readonly string[],
    origin: string,
    options: readonly string[] = [],
  ): Promise<void> {
    const file = join(this.folder, "cacheproxy.toml");
    const site = `${options.map((line) => `${line}\n`).join("")}[[site]]
name = "${presets[0] ?? "plain"}"
origins = ["${origin}"]
preserve-host = true
${presets.length === 0 ? "" : `preset = [${presets.map((name) => `"${name}"`).join(", ")}]`}
`;
    await writeFile(file, site);
    console.log(site.replaceAll(/^/gm, "    "));
    const where = ["--host", "127.0.0.1", "--port", `${this.proxyPort}`, "--cache-dir", this.#cache];
    const words = [binary, "--config", file, ...where, "--workers", "2", "--log", "json"];
    const child = Bun.spawn(words, { cwd: this.folder, stdin: "ignore", stdout: "pipe", stderr: "pipe" });
    this.#proxy = child;
    const said = new Lines(child.stdout, "stdout");
    this.#log = said;
    const complained = new Lines(child.stderr, "stderr");
    await complained.until(/is listening on/).catch(async (error) => {
      await complained.done;
      throw new Error(`cacheproxy does not start: ${complained.text}`, { cause: error });
    });
  }

  /** `cacheproxy purge`, as somebody does who has changed a page. */
  async purge(target: string): Promise<void> {
    await run([binary, "purge", "--cache-dir", this.#cache, this.url + target]);
  }

  /** What was purged of late, the newest first, as `cacheproxy purges` tells it. */
  async purges(): Promise<readonly PastPurge[]> {
    const told = await run([binary, "purges", "--json", "--cache-dir", this.#cache]);
    return pastPurgesSchema.parse({ purges: JSON.parse(told) }).purges;
  }

  /** Resolves with what the proxy has noted of a WebSocket that has ended, whose target fits: "GET /chat JOINED, 17 bytes". */
  async joined(target: RegExp): Promise<string> {
    const patient = Bun.sleep(10_000).then(() => {
      throw new Error(`the proxy has noted no WebSocket of ${target}`);
    });
    const pattern = new RegExp(`"JOINED".*"target":"${target.source}`);
    const noted = joinedSchema.parse(JSON.parse(await Promise.race([this.#said(pattern), patient])));
    return `${noted.target} ${noted.cache}, ${noted.bytes} bytes to the browser`;
  }

  async clear(): Promise<void> {
    this.#proxy?.kill();
    await this.#proxy?.exited;
    await this.programs.stop();
    await rm(this.folder, { recursive: true, force: true });
  }

  #said(pattern: RegExp): Promise<string> {
    if (this.#log === undefined) throw new Error("the proxy is not started");
    return this.#log.until(pattern);
  }

  get #cache(): string {
    return join(this.folder, "cache");
  }
}
