import { proveNeverStored, provePurged, proveShared, proveUnsplit, type Scene } from "../proofs.ts";
import { brief, type Page, Visitor } from "../visitor.ts";
import { Writer } from "./writer.ts";

const open = "/wiki/Open";

export interface WikiScene extends Scene {
  /** From then on MediaWiki tells the cache of what was changed. */
  nameCache(): Promise<void>;
}

export async function proveMediaWiki(scene: WikiScene): Promise<void> {
  const page = await proveShared(scene, open, "a page");
  const scripts = /\/load\.php\?[^"']+/.exec(page.text)?.[0]?.replaceAll("&amp;", "&");
  if (scripts !== undefined) await proveShared(scene, scripts, "what load.php makes of styles");
  await proveUnsplit(scene, open);
  await proveMembers(scene, scripts ?? open);
  await proveEdits(scene);
  await proveBeginners(scene);
  await provePurges(scene);
  const dynamic = [
    "/wiki/Special:UserLogin",
    "/index.php?title=Open&action=edit",
    "/wiki/Special:Preferences",
    "/api.php?action=query&meta=userinfo&format=json",
  ];
  await proveNeverStored(scene, dynamic);
}

async function proveMembers({ claims, url }: Scene, scripts: string): Promise<void> {
  const writer = await Writer.logIn(url, "Editor", "a long password");
  const own = await writer.get(open);
  const reader = await new Visitor(url).get(open);
  claims.claim(
    "who is logged in sees a page of his own, and readers theirs",
    isOf(own, "Editor") && own.word === "PASS" && !isOf(reader, "Editor") && reader.word === "HIT",
    `writer: ${brief(own)}, ${greeting(own)}; reader: ${brief(reader)}, ${greeting(reader)}`,
  );
  await new Visitor(url).get(scripts);
  const styles = await writer.get(scripts);
  claims.claim("styles and scripts are the same for both", styles.word === "HIT", `writer: ${brief(styles)}`);
}

async function proveEdits({ claims, url, purge }: Scene): Promise<void> {
  const writer = await Writer.logIn(url, "Editor", "a long password");
  await new Visitor(url).get(open);
  const saved = await writer.editInForm("Open", "A better sentence.");
  const reader = await new Visitor(url).get(open);
  claims.claim(
    "what is edited in the form is seen at once by all: the answer names the page, which makes an end of the stored one",
    saved.status === 302 && reader.text.includes("A better sentence."),
    `saved: ${saved.status} to ${saved.location}; reader: ${brief(reader)}, new: ${reader.text.includes("A better sentence.")}`,
  );
  await writer.edit("Open", "The best sentence.");
  const own = await writer.get(open);
  const before = await new Visitor(url).get(open);
  await purge(open);
  const after = await new Visitor(url).get(open);
  const isNew = (page: Page) => page.text.includes("The best sentence.");
  claims.claim(
    "what a program edits its user sees at once; readers when $wgCdnMaxAge is over, or after a purge",
    isNew(own) && isNew(after),
    `writer: ${brief(own)}, new: ${isNew(own)}; reader: ${brief(before)}, new: ${isNew(before)}; after cacheproxy purge: ${brief(after)}, new: ${isNew(after)}`,
  );
}

async function provePurges(scene: WikiScene): Promise<void> {
  await scene.nameCache();
  const writer = await Writer.logIn(scene.url, "Editor", "a long password");
  await provePurged(scene, {
    what: "with $wgCdnServers what a program edits is seen at once by all: MediaWiki has it purged",
    target: open,
    text: "The last sentence.",
    edit: () => writer.edit("Open", "The last sentence."),
  });
}

/** Who has opened the form of the login has a session from then on, though no name yet. */
async function proveBeginners({ claims, url }: Scene): Promise<void> {
  const beginner = new Visitor(url);
  await beginner.get("/wiki/Special:UserLogin");
  const page = await beginner.get(open);
  claims.claim(
    "who has a session, though no name yet, is passed on",
    page.word === "PASS",
    `cookies: ${[...beginner.cookies.keys()].join(", ")}; ${brief(page)}`,
  );
}

function isOf(page: Page, name: string): boolean {
  return page.text.includes(`"wgUserName":"${name}"`);
}

function greeting(page: Page): string {
  return /"wgUserName":("[^"]*"|null)/.exec(page.text)?.[0] ?? "nobody";
}
