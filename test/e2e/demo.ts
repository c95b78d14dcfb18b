/**
 * `make demo`: a small site, the proxy before it, the same page asked for twice. Exit code 0 only when the first answer
 * was a MISS and the second a HIT.
 */
import { ask, requestText } from "../fixtures/raw-client.ts";
import { type RunningProxy, startProxy } from "./harness.ts";
import { serveSite } from "./site.ts";

const say = (text = "") => console.log(text);
const site = serveSite();
let starting: Promise<RunningProxy> | undefined;

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => {
    tidy()
      .then(() => process.exit(130))
      .catch(() => process.exit(1));
  });
}

try {
  const seen = await show();
  await tidy();
  const right = seen.join(" then ") === "MISS then HIT";
  say(right ? "\nThe origin was asked once." : `\nExpected MISS then HIT, saw ${seen.join(" then ")}.`);
  process.exit(right ? 0 : 1);
} catch (error) {
  await tidy();
  say(error instanceof Error ? error.message : String(error));
  process.exit(1);
}

async function show(): Promise<string[]> {
  say(`A small site, test/fixtures/site, is served at ${site.url}`);
  starting = startProxy(site.url, { flags: ["--log", "pretty"] });
  const proxy = await starting;
  say(`\n$ ./cacheproxy --port ${proxy.port} --origin ${site.url}`);
  for (const line of proxy.stdout.all) say(line);
  const seen = [await request(proxy), await request(proxy)];
  await proxy.stop();
  await proxy.stdout.done;
  say("\nThe proxy's log:");
  // Each begins with its time; workers send theirs in batches, so that they may come in another order.
  for (const line of proxy.stdout.all.slice(1).sort()) say(line);
  return seen;
}

/** Shows the fields of the answer; its X-Cache. */
async function request({ url, port }: RunningProxy): Promise<string> {
  const curl = Bun.which("curl");
  say(`\n$ ${curl ? `curl -s -D - -o /dev/null ${url}/` : `GET ${url}/`}`);
  const head = curl
    ? await Bun.spawn([curl, "-s", "-D", "-", "-o", "/dev/null", `${url}/`]).stdout.text()
    : (await ask(port, requestText("GET", "/"))).head;
  say(head.trim().replaceAll("\r", ""));
  return /^x-cache: (\S+)/im.exec(head)?.[1] ?? "nothing";
}

async function tidy(): Promise<void> {
  await starting?.then((proxy) => proxy.stop()).catch(() => undefined);
  await site.stop();
}
