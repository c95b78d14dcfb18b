import { proveNeverStored, proveShared, proveUnsplit, type Scene } from "../proofs.ts";
import { brief, type Page, Visitor } from "../visitor.ts";

export async function proveNextApp(scene: Scene): Promise<void> {
  const home = await proveShared(scene, "/", "a static page");
  await proveShared(scene, "/news", "a page that is made anew each minute");
  const chunk = /\/_next\/static\/[^"\\]+\.js/.exec(home.text)?.[0];
  if (chunk !== undefined) await proveChunk(scene, chunk);
  await proveUnsplit(scene, "/other");
  await provePayloads(scene);
  await proveMembers(scene);
  await proveDrafts(scene);
  await proveAction(scene);
  await proveNeverStored(scene, ["/me", "/api/now"]);
}

async function proveChunk(scene: Scene, chunk: string): Promise<void> {
  const first = await proveShared(scene, chunk, "a script");
  const member = await new Visitor(scene.url, { session: "anna" }).get(chunk);
  scene.claims.claim(
    "a script is kept for a year, and is the same for who is logged in",
    first.headers.get("cache-control")?.includes("immutable") === true && member.word === "HIT",
    `${first.headers.get("cache-control")}; member: ${brief(member)}`,
  );
}

/** The page and what the router asks for are two answers of one URL, whichever is asked for first. */
async function provePayloads({ claims, url }: Scene): Promise<void> {
  for (const target of ["/", "/other"]) {
    const pages: Page[] = [];
    for (let number = 0; number < 3; number++) {
      pages.push(
        await payload(url, target),
        await new Visitor(url).get(target),
        await new Visitor(url).get(`${target}?_rsc`),
      );
    }
    const types = pages.map((page) => page.headers.get("content-type")?.split(";")[0] ?? "");
    const isRight = types.every(
      (type, index) => type === (index % 3 === 0 ? "text/x-component" : "text/html"),
    );
    const last = pages.slice(-3);
    claims.claim(
      `page and payload of ${target} are never mixed, and both are shared`,
      isRight && last.every(({ word }) => word === "HIT"),
      `payload, page, page with the payload's query: ${last.map((page, index) => `${types[6 + index]} ${brief(page)}`).join("; ")}`,
    );
  }
  const prefetch = await payload(url, "/other", {
    "Next-Router-Prefetch": "1",
    "Next-Router-Segment-Prefetch": "/_tree",
  });
  const whole = await payload(url, "/other");
  claims.claim(
    "nor is what is fetched in advance taken for the whole",
    prefetch.text !== whole.text && whole.text.includes("The other page"),
    `in advance: ${brief(prefetch)}, ${prefetch.text.length} characters; whole: ${brief(whole)}, ${whole.text.length}`,
  );
}

/** As the router asks: Next.js sends it once more to the URL with the right _rsc. */
async function payload(
  url: string,
  target: string,
  headers: Readonly<Record<string, string>> = {},
  visitor = new Visitor(url),
): Promise<Page> {
  const asked = { RSC: "1", ...headers };
  const answer = await visitor.get(target, asked);
  return answer.location === "" ? answer : visitor.get(answer.location, asked);
}

/** Middleware lets members alone see a page which says s-maxage all the same. */
async function proveMembers({ claims, url }: Scene): Promise<void> {
  const secret = "The secret of the members";
  const anna = new Visitor(url);
  await anna.post("/login", {});
  const seen = [await anna.get("/members"), await anna.get("/members")];
  const strangers = [
    await new Visitor(url).get("/members"),
    await new Visitor(url, { _ga: "GA1.1.1.1" }).get("/members"),
  ];
  claims.claim(
    "a static page that middleware guards is for members alone",
    seen.every((page) => page.text.includes(secret)) &&
      strangers.every((page) => page.status === 307 && !page.text.includes(secret)),
    `member: ${seen.map(brief).join(", ")} (${seen[0]?.headers.get("cache-control")}); strangers: ${strangers.map(brief).join(", ")}`,
  );
  const payloads = [await payload(url, "/members", {}, anna), await payload(url, "/members")];
  claims.claim(
    "so is what the router asks for",
    payloads[0]?.text.includes(secret) === true && payloads[1]?.text.includes(secret) === false,
    `member: ${payloads.slice(0, 1).map(brief)}; stranger: ${payloads.slice(1).map(brief)}`,
  );
  const own = await anna.get("/me");
  const other = await new Visitor(url, { session: "bert" }).get("/me");
  const stranger = await new Visitor(url).get("/me");
  claims.claim(
    "a page that greets greets each by the right name",
    own.text.includes("Hello anna") &&
      other.text.includes("Hello bert") &&
      stranger.text.includes("Hello stranger"),
    `Anna: ${brief(own)}; Bert: ${brief(other)}; stranger: ${brief(stranger)}`,
  );
}

async function proveDrafts({ claims, url }: Scene): Promise<void> {
  await new Visitor(url).get("/post");
  const editor = new Visitor(url);
  await editor.get("/draft");
  const draft = await editor.get("/post");
  const reader = await new Visitor(url).get("/post");
  claims.claim(
    "an editor sees the draft, and readers the post",
    draft.text.includes("The draft of the post") &&
      !reader.text.includes("The draft of the post") &&
      reader.word === "HIT",
    `editor: ${brief(draft)}; reader: ${brief(reader)}`,
  );
}

/** A form whose action makes /news anew: Next.js knows at once, this cache when the minute is over, or after a purge. */
async function proveAction({ claims, url, purge }: Scene): Promise<void> {
  const before = await new Visitor(url).get("/news");
  const writer = new Visitor(url);
  const page = await writer.get("/write");
  const fields = [...page.text.matchAll(/name="(\$ACTION_[^"]*)"(?: value="([^"]*)")?/g)];
  const form = new FormData();
  for (const [, name = "", value = ""] of fields) form.append(name, value);
  const sent = await writer.postForm("/write", form);
  const after = await new Visitor(url).get("/news");
  await purge("/news");
  const later = await new Visitor(url).get("/news");
  claims.claim(
    "an action of a form does its work; readers see it when the page's minute is over, or after a purge",
    sent.word === "PASS" && later.text !== before.text,
    `sent: ${brief(sent)}; reader: ${brief(after)}, ${after.text === before.text ? "old" : "new"}; after cacheproxy purge: ${brief(later)}, ${later.text === before.text ? "old" : "new"}`,
  );
}
