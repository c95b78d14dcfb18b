import { expect, test } from "bun:test";
import { startOrigin } from "../fixtures/origin.ts";
import { get } from "../fixtures/raw-client.ts";
import { stoppedAfterEach } from "./cleanup.ts";
import { binary, type RunningProxy, runBinary, startProxy } from "./harness.ts";
import { until } from "./visitor.ts";

const keep = stoppedAfterEach();
const enter = "\x1b[?1049h";
const leave = "\x1b[?1049l";
const beginning = "\x1b[H";

/** One that has answered something the origin lets nobody store, and something else. */
async function busyProxy(): Promise<RunningProxy> {
  const origin = keep(
    await startOrigin((exchange) => {
      const isCart = exchange.request.target.startsWith("/cart");
      const fields = isCart ? { "Set-Cookie": "a=1" } : { "Cache-Control": "max-age=60" };
      return void exchange.respond(200, { ...fields, "Content-Type": "text/plain" }, "0123456789");
    }),
  );
  const proxy = keep(await startProxy(origin.url));
  for (const path of ["/cart?a", "/cart?a", "/page", "/page"]) await get(proxy.port, path);
  return proxy;
}

/** `cacheproxy top` on a terminal of its own. */
function watch({ cacheDir }: RunningProxy) {
  let written = "";
  const child = Bun.spawn([binary, "top", "--cache-dir", cacheDir], {
    env: { PATH: process.env["PATH"] ?? "", TERM: "xterm", NO_COLOR: "1" },
    terminal: {
      cols: 80,
      rows: 24,
      data: (_, bytes) => {
        written += Buffer.from(bytes).toString();
      },
    },
  });
  return keep({
    child,
    terminal: child.terminal,
    written: () => written,
    /** The picture that was drawn last. */
    picture: () => written.slice(written.lastIndexOf(beginning)),
    async stop() {
      if (child.exitCode === null) child.kill("SIGKILL");
      await child.exited;
      child.terminal?.close();
    },
  });
}

test("top shows misses and their reasons, draws for the size that the terminal has, and gives it back after q", async () => {
  const { child, terminal, written, picture } = watch(await busyProxy());
  await until(async () => /\/cart\?a +2 +set-cookie/.test(picture()));
  expect(picture()).toMatch(/ miss → set-cookie +2 /);
  expect(written()).toStartWith(enter);
  expect(picture().split("\r\n").length).toBeLessThanOrEqual(24);

  terminal?.resize(140, 12);
  await until(async () => picture().split("\r\n").length === 12);
  // An arrow begins with the same character as the key that leaves.
  terminal?.write("\x1b[A");
  terminal?.resize(140, 11);
  await until(async () => picture().split("\r\n").length === 11);
  terminal?.write("q");
  expect(await child.exited).toBe(0);
  expect(written()).toEndWith(leave);
});

test.each(["\x03", "SIGTERM", "SIGINT", "SIGHUP"] as const)(
  "the terminal is given back after %j, too",
  async (ending) => {
    const { child, terminal, written, picture } = watch(await busyProxy());
    await until(async () => picture().includes("Workers"));
    if (ending === "\x03") terminal?.write(ending);
    else child.kill(ending);
    expect(await child.exited).toBe(0);
    expect(written()).toEndWith(leave);
  },
);

test("top waits for a proxy that is silent or gone, and goes on when it is back", async () => {
  const proxy = await busyProxy();
  const { picture } = watch(proxy);
  await until(async () => picture().includes(" up "));
  proxy.signal("SIGSTOP");
  await until(async () => picture().includes("waiting: the cacheproxy of "));
  proxy.signal("SIGCONT");
  await until(async () => picture().includes(" up "));
  await proxy.kill();
  await until(async () => picture().includes("waiting: no cacheproxy of"));
  keep(await startProxy("http://127.0.0.1:9", { cacheDir: proxy.cacheDir }));
  await until(async () => picture().includes(" up "));
}, 30_000);

test("a worker that is stopped keeps nobody from seeing the others", async () => {
  const proxy = await busyProxy();
  const [stopped = 0] = await proxy.workerPids();
  process.kill(stopped, "SIGSTOP");
  const { code, stdout } = await runBinary(["top", "--cache-dir", proxy.cacheDir]);
  expect([code, stdout]).toEqual([0, expect.stringContaining("Workers")]);
});

test("where there is no terminal it is told once, without colours; --json tells it as JSON", async () => {
  const proxy = await busyProxy();
  const once = await runBinary(["top", "--cache-dir", proxy.cacheDir]);
  expect([once.code, once.stderr]).toEqual([0, ""]);
  expect(once.stdout).toMatch(/\/cart\?a +2 +set-cookie\n/);
  expect(once.stdout).not.toContain("\x1b");
  const json = JSON.parse((await runBinary(["top", "--json", "--cache-dir", proxy.cacheDir])).stdout);
  expect(json.missed[0]).toMatchObject({ reason: "set-cookie" });
  expect(json.workers).toHaveLength(2);
});

test("without a proxy it says so and takes no terminal", async () => {
  const { code, stdout, stderr } = await runBinary(["top", "--cache-dir", "/nowhere"]);
  expect([code, stdout]).toEqual([1, ""]);
  expect(stderr).toStartWith("cacheproxy: no cacheproxy of yours is running");
});
