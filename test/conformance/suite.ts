import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { z } from "zod";
import { Lines } from "../e2e/lines.ts";
import { freePort } from "../fixtures/port.ts";

/** What the suite's client says of one test: true, or the name of the failure and what went wrong. */
export type RawResult = true | readonly [failure: string, explanation: string | null];
export type RawResults = Readonly<Record<string, RawResult>>;

/** The suite's own server, as origin. */
export interface SuiteOrigin {
  readonly url: string;
  stop(): Promise<void>;
}

const folder = dirname(Bun.resolveSync("http-cache-tests/package.json", import.meta.dir));
const clientMinutes = 5;

const resultsSchema = z.record(
  z.string(),
  z.union([
    z.literal(true),
    z
      .tuple([z.string(), z.string().nullish()])
      .transform(([failure, explanation]) => [failure, explanation ?? null] as const),
  ]),
);

export async function startSuiteOrigin(): Promise<SuiteOrigin> {
  const scratch = await mkdtemp(join(tmpdir(), "cacheproxy-conformance-"));
  const port = await freePort();
  const server = Bun.spawn(["node", "--no-warnings", "server/server.mjs"], {
    cwd: folder,
    env: {
      PATH: process.env["PATH"] ?? "",
      npm_config_protocol: "http",
      npm_config_port: `${port}`,
      npm_config_base: "",
      npm_config_pidfile: join(scratch, "server.pid"),
    },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "inherit",
  });
  const lines = new Lines(server.stdout, "the suite's server");
  const stop = async () => {
    server.kill();
    await server.exited;
    await rm(scratch, { recursive: true, force: true });
  };
  try {
    await lines.until(/^Listening on /);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url: `http://127.0.0.1:${port}`, stop };
}

/** Every test of the suite, a hundred at a time. */
export async function runSuite(proxyUrl: string): Promise<RawResults> {
  const output = await runClient(proxyUrl, "");
  return resultsSchema.parse(JSON.parse(output));
}

/** One test, with nothing else going on. */
export async function runAlone(proxyUrl: string, id: string): Promise<RawResult> {
  const output = await runClient(proxyUrl, id);
  const [, symbol, explanation = ""] = /\n(\S+) - (.*)\n$/.exec(output) ?? [];
  if (symbol === undefined) throw new Error(`the suite's client gave no result for ${id}`);
  if (symbol === "✅" || symbol === "Y") return true;
  return [symbol === "🔹" ? "Setup" : "Assertion", explanation];
}

async function runClient(proxyUrl: string, id: string): Promise<string> {
  const client = Bun.spawn(["node", "--no-warnings", "cli.mjs"], {
    cwd: folder,
    env: {
      PATH: process.env["PATH"] ?? "",
      npm_config_base: proxyUrl,
      // The client looks for the one where the other is empty, and takes only an empty name for "all".
      npm_config_id: id,
      npm_package_config_id: id,
    },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "inherit",
    timeout: clientMinutes * 60_000,
  });
  const output = await client.stdout.text();
  const code = await client.exited;
  if (code === 0) return output;
  throw new Error(
    client.signalCode === null
      ? `the suite's client ended with ${code}`
      : `the suite's client did not end within ${clientMinutes} minutes`,
  );
}
