import { expect, test } from "bun:test";
import { startOrigin } from "../fixtures/origin.ts";
import { browserOfFile, type View } from "./browser.ts";
import { stoppedAfterEach } from "./cleanup.ts";
import { startWatchedProxy } from "./watched.ts";

/** What clients and origins have written is text in the operator's page, whatever it is. */

const keep = stoppedAfterEach();
const open = browserOfFile();

const image = "<img/src=x/onerror=window.caught=1>";
const script = "</script><script>window.caught=1</script>";

/** As they are sent, without what ends a line. */
const targets = [
  `/${image}`,
  `/a?q="${script}`,
  "/javascript:window.caught=1",
  "/%E2%80%AEgnp.a/%00%1b[31m",
  "/**",
  `/${"long".repeat(400)}`,
];

async function startHostile() {
  const origin = keep(
    await startOrigin(({ request, respond }) => {
      const isKept = request.target.includes("kept");
      const fields = {
        "Content-Type": `text/html; charset="${image}"`,
        ETag: `"${image}"`,
        "Cache-Tag": image,
        Vary: "User-Agent",
        ...(isKept ? { "Cache-Control": "max-age=60" } : { "Set-Cookie": `${image}=${image}` }),
      };
      return void respond(200, fields, script);
    }),
  );
  const proxy = keep(await startWatchedProxy(origin.url, { flags: ["--log", "off"] }));
  const userAgent = `${image}${script}\u00ae`;
  for (const target of targets)
    for (const query of ["", "", "?kept", "?kept"]) await askRaw(proxy.port, target + query, userAgent);
  return proxy;
}

/** As no client of good manners sends it. */
async function askRaw(port: number, target: string, userAgent: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const fields = ["Host: a.test", `User-Agent: ${userAgent}`, `Cookie: ${image}=1`, "Connection: close"];
  await Bun.connect({
    ...{ hostname: "127.0.0.1", port },
    socket: {
      open: (socket) =>
        void socket.write(Buffer.from(`GET ${target} HTTP/1.1\r\n${fields.join("\r\n")}\r\n\r\n`, "latin1")),
      data: () => undefined,
      error: (_, error) => reject(error),
      close: () => resolve(),
    },
  });
  await promise;
}

/** Run in the page: what is in it that none of its own code has made. */
const foreign = `[
  ...[...document.querySelectorAll("img, iframe, object, embed, body script ~ script")].map((each) => each.outerHTML),
  ...[...document.querySelectorAll("a")].map((each) => each.getAttribute("href") ?? "")
    .filter((address) => !address.startsWith("#") && !address.startsWith("https://www.rfc-editor.org/")),
  ...("caught" in window ? ["caught"] : []),
]`;

const explained = `#/explain?url=${encodeURIComponent(`http://a.test/${image}?kept`)}`;
/** They have some of it to show. */
const telling: ReadonlySet<string> = new Set(["#/causes", "#/requests", "#/entries", explained]);

async function showAll({ page }: View, place: string): Promise<void> {
  await page.evaluate(`location.hash = ${JSON.stringify(place)}`);
  await page.waitForLoadState("networkidle").catch(() => undefined);
  await page.locator("main h1, main h2").first().waitFor();
  const text = page.getByText("onerror=window.caught").first();
  if (telling.has(place)) await text.waitFor({ state: "attached" });
  await page.evaluate(`for (const each of document.querySelectorAll("details")) each.open = true`);
}

test.each([1440, 390])("nothing that was asked for or answered acts in it, at %d pixels", async (width) => {
  const proxy = await startHostile();
  const view = await proxy.look(open, "", { width });
  await showAll(view, "#/causes");
  await view.page.locator("[data-cause]").first().waitFor();
  const places = [
    "#/causes",
    "#/requests",
    "#/entries",
    "#/fleet",
    explained,
    "#/explain?url=javascript:window.caught=1",
    `#/entries?q=${encodeURIComponent(script)}`,
    `#/${encodeURIComponent(image)}`,
    "#/",
  ];
  for (const place of places) {
    await showAll(view, place);
    expect([place, await view.page.evaluate<string[]>(foreign)]).toEqual([place, []]);
    expect([place, await view.excessWidth()]).toEqual([place, 0]);
  }
  expect(view.complaints.filter((line) => !/status of (400|404)/.test(line))).toEqual([]);
});

/** Run in the page, as if somebody had found a way to: what the policy lets it do all the same. */
const trials = `(async () => {
  const done = [];
  // What a debugger runs itself may evaluate texts; what comes later is the page's.
  await new Promise((resolve) => setTimeout(resolve));
  const trial = async (name, act) => { try { if ((await act()) !== false) done.push(name); } catch {} };
  await trial("eval", () => window.eval("1"));
  await trial("markup", () => { document.createElement("div").innerHTML = "<b>a</b>"; });
  await trial("script", () => {
    const script = document.createElement("script");
    script.setAttribute("data-trial", "");
    script.append("window.caught = 1");
    document.body.append(script);
    return "caught" in window;
  });
  await trial("ask elsewhere", () => fetch("http://127.0.0.1:1/", { mode: "no-cors" }));
  await trial("handler", () => {
    const button = document.createElement("button");
    button.setAttribute("onclick", "window.clicked = 1");
    button.click();
    return "clicked" in window;
  });
  await trial("base", () => {
    const base = document.createElement("base");
    base.href = "http://evil.test/";
    document.head.append(base);
    return document.baseURI.startsWith("http://evil.test");
  });
  return done;
})()`;

test("its policy holds in a browser: nothing else may run, be drawn or be asked", async () => {
  const view = await (await startHostile()).look(open);
  await view.page.locator("main h1, main h2").first().waitFor();
  expect(await view.page.evaluate<string[]>(trials)).toEqual([]);
});

test("no page of elsewhere can show it in a frame, or have something purged by it", async () => {
  const { pageUrl: address, token } = await startHostile();
  const elsewhere = keep(
    await startOrigin(
      ({ respond }) =>
        void respond(
          200,
          { "Content-Type": "text/html" },
          `<!doctype html><iframe src="${address}"></iframe>`,
        ),
    ),
  );
  const { page } = await open(elsewhere.url);
  await page.waitForLoadState("networkidle").catch(() => undefined);
  const frames = page.frames().filter((frame) => frame !== page.mainFrame());
  expect(frames).toHaveLength(1);
  for (const frame of frames) expect(await frame.locator("main").count()).toBe(0);
  // It can show no token, and would not be heard with one either.
  for (const headers of [{}, { Authorization: `Bearer ${token}` }, { "Content-Type": "application/json" }]) {
    const answer = await page.evaluate<string>(
      `fetch(${JSON.stringify(`${address}purge`)}, ${JSON.stringify({ method: "POST", headers, body: '{"all":true}' })})
        .then((response) => "status " + response.status, (error) => error.name)`,
    );
    expect(answer).toBe("TypeError");
  }
  const purges = await fetch(`${address}purges`, { headers: { Authorization: `Bearer ${token}` } });
  expect(await purges.json()).toMatchObject({ purges: [] });
});
