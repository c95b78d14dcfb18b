import type { Exchange } from "../../fixtures/origin.ts";
import { openBrowser } from "../browser.ts";
import type { Claims } from "../claims.ts";
import type { EventSite } from "./site.ts";

/** A page with an EventSource in a real browser, whose stream ends in each of the ways in which one can. */
export async function proveEvents(
  claims: Claims,
  site: EventSite,
  proxy: { readonly url: string; readonly folder: string },
): Promise<void> {
  const browser = openBrowser(proxy.folder, `${proxy.url}/`);
  try {
    const first = await site.untilStream(1);
    await happen(first, "retry: 50\nid: 41\ndata: first\n\n");
    await site.untilTold("message 41 first");
    await happen(first, "id: 42\ndata: second\n\n");
    await site.untilTold("message 42 second");
    claims.claim("events reach the page one by one, while the stream goes on", true, site.told.join(", "));

    await first.send("0\r\n\r\n");
    await claimComesBack(claims, site, 2, "42", "the origin has ended the stream");
    const second = await site.untilStream(2);
    await happen(second, "id: 43\ndata: third\n\n");
    await site.untilTold("message 43 third");
    second.reset();
    await claimComesBack(claims, site, 3, "43", "the stream has broken off");
    const third = await site.untilStream(3);
    await happen(third, "id: 44\ndata: fourth\n\n");
    await site.untilTold("message 44 fourth");
    claims.claim("the page has not given up", !site.told.includes("has given up"), site.told.join(", "));

    await browser.close();
    await Promise.race([third.gone, Bun.sleep(5_000).then(() => Promise.reject(new Error("it goes on")))]);
    claims.claim("the stream ends at the origin when the browser is closed", true, "it has ended");
  } finally {
    await browser.close();
  }
}

async function claimComesBack(
  claims: Claims,
  site: EventSite,
  number: number,
  last: string,
  when: string,
): Promise<void> {
  const { request } = await site.untilStream(number);
  const id = request.field("last-event-id");
  claims.claim(
    `the page comes back when ${when}, and says what it heard last`,
    id === last,
    `Last-Event-ID: ${id}`,
  );
}

async function happen({ send }: Exchange, event: string): Promise<void> {
  await send(`${event.length.toString(16)}\r\n${event}\r\n`);
}
