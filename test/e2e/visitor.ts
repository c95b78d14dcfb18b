import { expect } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { entriesAnswerSchema } from "../../src/control/entries.ts";
import { startOrigin } from "../fixtures/origin.ts";
import { connectTo, type RawClient, type RawResponse, requestText } from "../fixtures/raw-client.ts";
import { bytesOf } from "../store/samples.ts";
import type { Keep } from "./cleanup.ts";
import { type ProxyOptions, type RunningProxy, startProxy } from "./harness.ts";

/** `/300000/a` is answered with so many bytes that can be worked out from the path. */
function bodyOf(target: string): Uint8Array {
  return bytesOf(Number(target.split("/")[1]), Bun.hash.crc32(target));
}

/** A proxy with little memory before a site whose pages a `Visitor` knows. */
export async function startProxyBeforeSite(keep: Keep, options: ProxyOptions): Promise<RunningProxy> {
  const { flags = [], ...others } = options;
  const origin = keep(
    await startOrigin(({ request, respond }) =>
      request.method === "GET"
        ? void respond(200, { "Cache-Control": "max-age=3600" }, bodyOf(request.target))
        : void respond(204, {}),
    ),
  );
  const common = ["--log", "off", "--memory", "1MB", "--disk", "100MB"];
  return keep(await startProxy(origin.url, { flags: [...common, ...flags], ...others }));
}

/** One connection all the time, so that nothing needs a new descriptor. */
export class Visitor {
  private constructor(private readonly client: RawClient) {}

  static async to(port: number): Promise<Visitor> {
    return new Visitor(await connectTo(port));
  }

  async get(target: string): Promise<RawResponse> {
    await this.client.send(requestText("GET", target));
    return this.client.response();
  }

  /** Asks for it, compares every byte of the answer with the origin's, and says what the cache said. */
  async word(target: string): Promise<string | null> {
    const response = await this.get(target);
    expect(response.status).toBe(200);
    expect(response.complete).toBe(true);
    expect(Buffer.compare(response.body, bodyOf(target))).toBe(0);
    return response.field("X-Cache");
  }

  async stop(): Promise<void> {
    this.client.close();
  }
}

export async function healthOf({
  cacheDir,
}: Pick<RunningProxy, "cacheDir">): Promise<{ status: string; reasons: string[] }> {
  const answer = await fetch("http://localhost/healthz", { unix: join(cacheDir, "admin.sock") });
  return (await answer.json()) as { status: string; reasons: string[] };
}

/** Leaves no room on the disk. The file that takes it. */
export function fillUp(folder: string): string {
  const ballast = join(folder, "ballast");
  for (const bytes of [1 << 20, 1 << 16, 1 << 12]) {
    try {
      for (;;) writeFileSync(ballast, new Uint8Array(bytes), { flag: "a" });
    } catch (error) {
      expect(error).toMatchObject({ code: "ENOSPC" });
    }
  }
  return ballast;
}

/** Looks again every 20 ms until it is so; the time limit of the test is its own. */
export async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await Bun.sleep(20);
}

/** So many responses are on the disk. */
export async function untilStored({ cacheDir }: RunningProxy, count: number): Promise<void> {
  await until(async () => {
    const answer = await fetch("http://localhost/entries", { unix: join(cacheDir, "admin.sock") });
    return entriesAnswerSchema.parse(await answer.json()).entries.length >= count;
  });
}

/** Ends both workers at once, and waits until others serve in their places. */
export async function restartWorkers(proxy: RunningProxy): Promise<void> {
  const before = await proxy.workerPids();
  for (const pid of before) process.kill(pid, "SIGKILL");
  await until(async () => {
    const now = await proxy.workerPids();
    const { reasons } = await healthOf(proxy);
    const areOthers = now.length === before.length && !now.some((pid) => before.includes(pid));
    return areOthers && !reasons.some((reason) => reason.includes("is down"));
  });
}
