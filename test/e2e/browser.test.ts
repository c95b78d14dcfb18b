import { expect, test } from "bun:test";
import { browserOfFile, type Window } from "./browser.ts";
import { stoppedAfterEach } from "./cleanup.ts";

const keep = stoppedAfterEach();
const open = browserOfFile();

/** A page of that body, which may load and run nothing. */
async function openBody(body: string, window?: Window) {
  const text = `<!doctype html><html lang="en"><title>a page</title><main><h1>A page</h1>${body}</main></html>`;
  const fields = { "Content-Type": "text/html", "Content-Security-Policy": "default-src 'none'" };
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: () => new Response(text, { headers: fields }),
  });
  keep({ stop: () => server.stop(true) });
  return await open(server.url.href, window);
}

test("nothing is wrong with a page that is as it should be", async () => {
  const view = await openBody("<p>Text.</p>", { width: 390, theme: "dark" });
  expect([view.complaints, await view.barriers(), await view.excessWidth()]).toEqual([[], [], 0]);
});

test("what the policy forbids is a complaint", async () => {
  const { complaints } = await openBody("<script>alert(1)</script>");
  expect(complaints).toEqual([expect.stringContaining("Content Security Policy")]);
});

test("what keeps people out is found, and what is too wide for a phone", async () => {
  const view = await openBody(`<input><pre>${"wide ".repeat(200)}</pre>`, { width: 390 });
  expect(await view.barriers()).toEqual([expect.stringMatching(/^critical label at input: /)]);
  expect(await view.excessWidth()).toBeGreaterThan(1000);
});

test("a page finds what is put into its session", async () => {
  const { page } = await openBody("", { session: { "a name": "a 'value'" } });
  expect(await page.evaluate<string>("sessionStorage.getItem('a name')")).toBe("a 'value'");
});
