import { afterAll, describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import packageJson from "../../package.json" with { type: "json" };
import { startOrigin } from "../fixtures/origin.ts";
import { freePort } from "../fixtures/port.ts";
import { get } from "../fixtures/raw-client.ts";
import { stoppedAfterEach } from "./cleanup.ts";
import { runBinary, startProxy } from "./harness.ts";

const keep = stoppedAfterEach();
const folder = await mkdtemp(join(tmpdir(), "cacheproxy-steering-"));
afterAll(() => rm(folder, { recursive: true, force: true }));

const trace = join(folder, "was-here");
const script = join(folder, "script.js");
await Bun.write(
  script,
  `require("node:fs").writeFileSync(${JSON.stringify(trace)}, ""); console.log("was here");`,
);
await Bun.write(join(folder, ".bunfig.toml"), `preload = [${JSON.stringify(script)}]\n`);

/** Nothing but what was asked for. */
const version = { code: 0, stdout: `cacheproxy ${packageJson.version}\n`, stderr: "" };

describe.skipIf(process.platform === "darwin")(
  "the binary does what it does, whatever Bun is told by",
  () => {
    test.each<[name: string, value: string]>([
      ["BUN_OPTIONS", `--preload ${script}`],
      ["BUN_OPTIONS", `--require=${script}`],
      ["BUN_OPTIONS", `--import ${script}`],
      ["BUN_OPTIONS", "--revision"],
      ["BUN_OPTIONS", "--help"],
      ["BUN_OPTIONS", "--config=/none.toml"],
      ["BUN_OPTIONS", "--no-such-option"],
      ["BUN_BE_BUN", "1"],
      ["BUN_INSPECT_CONNECT_TO", "/none.sock"],
      ["NODE_OPTIONS", `--require ${script}`],
      ["NODE_CHANNEL_FD", "1"],
      ["BUN_JSC_useJIT", "0"],
      ["BUN_JSC_forceRAMSize", "1000000"],
      ["BUN_CONFIG_VERBOSE_FETCH", "curl"],
      ["HOME", folder],
      ["XDG_CONFIG_HOME", folder],
    ])("%s=%s", async (name, value) => {
      expect(await runBinary(["--version"], { environment: { [name]: value } })).toEqual(version);
      expect(existsSync(trace)).toBe(false);
    });

    test("BUN_INSPECT, at whose port others would run code", async () => {
      const inspected = await freePort();
      const environment = { BUN_INSPECT: `127.0.0.1:${inspected}`, BUN_INSPECT_PRELOAD: script };
      const origin = keep(await startOrigin((exchange) => void exchange.respond(200, {}, "hello")));
      const proxy = keep(await startProxy(origin.url, { environment, flags: ["--log", "off"] }));
      expect((await get(proxy.port, "/")).text).toBe("hello");
      await expect(get(inspected, "/")).rejects.toThrow();
      expect(existsSync(trace)).toBe(false);
    });
  },
);

describe.skipIf(process.platform !== "linux")("a start with variables of Bun's", () => {
  test("goes on as the same process, with the same words, without them", async () => {
    const origin = keep(await startOrigin((exchange) => void exchange.respond(200, {}, "hello")));
    const environment = {
      BUN_CONFIG_MAX_HTTP_REQUESTS: "1",
      NODE_TLS_REJECT_UNAUTHORIZED: "0",
      CACHEPROXY_LOG: "off",
      ODD: 'a=b "c" \u00e9\n',
    };
    const cacheDir = join(folder, "a folder of \u00e9");
    const proxy = keep(await startProxy(origin.url, { environment, cacheDir }));
    const variables = readFileSync(`/proc/${proxy.pid}/environ`, "utf8").split("\0");
    expect(variables).toContain("CACHEPROXY_LOG=off");
    expect(variables).toContain(`ODD=${environment.ODD}`);
    expect(variables.filter((variable) => /^(?:BUN|NODE)_/.test(variable))).toEqual([]);
    expect(existsSync(join(cacheDir, "admin.sock"))).toBe(true);
    expect(readFileSync(`/proc/${proxy.pid}/comm`, "utf8")).toBe("cacheproxy\n");
    expect((await proxy.workerPids()).length).toBeGreaterThan(0);
    proxy.signal("SIGTERM");
    expect(await proxy.exited).toBe(0);
  });
});
