import type { Scene } from "../proofs.ts";
import { proveNeverStored, provePurged, proveShared, proveUnsplit } from "../proofs.ts";
import { brief, type Page, Visitor } from "../visitor.ts";
import { Journalist } from "./journalist.ts";
import type { WordPressSite } from "./site.ts";

export interface WordPressScene extends Scene {
  readonly posts: WordPressSite["posts"];
  readonly usePurger: WordPressSite["usePurger"];
}

export async function proveWordPress(scene: WordPressScene): Promise<void> {
  const front = await proveShared(scene, "/", "the front page");
  await proveShared(scene, "/open/", "a post");
  await proveShared(scene, "/feed/", "the feed");
  const style = /\/wp-(?:includes|content)\/[^"']+\.(?:css|js)\?ver=[^"']+/.exec(front.text)?.[0];
  if (style !== undefined) await proveShared(scene, style, "a file with its version");
  await proveUnsplit(scene, "/open/");
  await proveMembers(scene);
  await provePassword(scene);
  await proveComments(scene);
  await proveDrafts(scene);
  await provePurges(scene);
  await proveCart(scene);
  await proveGreeting(scene);
  const dynamic = [
    "/wp-login.php",
    "/wp-admin/admin-ajax.php?action=x",
    "/wp-cron.php",
    "/wp-json/wp/v2/posts",
    "/open/?preview=true",
    "/open/?_wpnonce=1",
    "/cart/",
  ];
  await proveNeverStored(scene, dynamic);
}

/** Who is logged in sees a toolbar and private posts; nobody else does, before or after. */
async function proveMembers({ claims, url, purge }: WordPressScene): Promise<void> {
  const editor = await Journalist.logIn(url, "editor", "a long password");
  const own = await editor.get("/");
  const reader = await new Visitor(url).get("/");
  claims.claim(
    "who is logged in sees the toolbar, and no reader does",
    own.word === "PASS" && hasToolbar(own) && !hasToolbar(reader) && reader.word === "HIT",
    `editor: ${brief(own)} by ${ruleOf(own)}, toolbar: ${hasToolbar(own)}; reader: ${brief(reader)}, toolbar: ${hasToolbar(reader)}`,
  );
  await purge("/");
  const first = await editor.get("/");
  const second = await new Visitor(url).get("/");
  claims.claim(
    "nor where who is logged in was the first to ask",
    hasToolbar(first) && !hasToolbar(second) && second.word === "MISS",
    `editor: ${brief(first)}, toolbar: ${hasToolbar(first)}; reader: ${brief(second)}, toolbar: ${hasToolbar(second)}`,
  );
  const author = await Journalist.logIn(url, "author", "another password");
  const others = await author.get("/");
  claims.claim(
    "two who are logged in see each their own name",
    /Howdy, .*editor/s.test(own.text) &&
      /Howdy, .*author/s.test(others.text) &&
      !/Howdy, .*editor/s.test(others.text),
    `editor: ${nameIn(own)}; author: ${nameIn(others)}`,
  );
  const secret = await editor.get("/secret/");
  const refused = await new Visitor(url).get("/secret/");
  claims.claim(
    "a private post is for members alone",
    secret.text.includes("For members alone.") &&
      refused.status === 404 &&
      !refused.text.includes("For members alone."),
    `editor: ${brief(secret)}; reader: ${brief(refused)}`,
  );
}

async function provePassword({ claims, url }: WordPressScene): Promise<void> {
  const treasure = "The treasure is under the oak.";
  await new Visitor(url).get("/locked/");
  const friend = new Visitor(url);
  await friend.post("/wp-login.php?action=postpass", { post_password: "oak" });
  const open = await friend.get("/locked/");
  const closed = await new Visitor(url).get("/locked/");
  claims.claim(
    "a post with a password opens for who has given it, and for nobody else",
    open.text.includes(treasure) && !closed.text.includes(treasure) && closed.word === "HIT",
    `friend: ${brief(open)}, sees it: ${open.text.includes(treasure)}; reader: ${brief(closed)}, sees it: ${closed.text.includes(treasure)}`,
  );
}

/** A comment waits for approval: its writer sees it, by a cookie or by the URL he is sent to, and nobody else. */
async function proveComments(scene: WordPressScene): Promise<void> {
  const { claims, url, posts } = scene;
  const comment = (text: string, more: Record<string, string> = {}) => ({
    comment_post_ID: `${posts["open"]}`,
    author: "Carla",
    email: "carla@example.org",
    comment: text,
    ...more,
  });
  const carla = new Visitor(url);
  const sent = await carla.post(
    "/wp-comments-post.php",
    comment("I remember it well.", { "wp-comment-cookies-consent": "yes" }),
  );
  const shown = await carla.get("/open/");
  const reader = await new Visitor(url).get("/open/");
  const again = await new Visitor(url).get("/open/");
  claims.claim(
    "a comment that waits for approval is seen by who wrote it, and by nobody else",
    shown.text.includes("I remember it well.") &&
      !reader.text.includes("remember") &&
      !again.text.includes("remember"),
    `sent: ${sent.status}; writer: ${brief(shown)}, sees it: ${shown.text.includes("remember")}; readers: ${brief(reader)}, ${brief(again)}, see it: ${reader.text.includes("remember") || again.text.includes("remember")}`,
  );
  claims.claim(
    "nor do readers see the writer's name in the form",
    shown.text.includes("carla@example.org") &&
      !reader.text.includes("carla@example.org") &&
      again.word === "HIT",
    `writer's form has the address: ${shown.text.includes("carla@example.org")}; readers': ${reader.text.includes("carla@example.org")}`,
  );
  const shy = await new Visitor(url).post("/wp-comments-post.php", comment("Without a cookie."));
  const own = await new Visitor(url).get(shy.location);
  const others = await new Visitor(url).get("/open/");
  claims.claim(
    "without a cookie the writer sees it at a URL of his own, which is not stored",
    shy.location.includes("moderation-hash") &&
      own.text.includes("Without a cookie.") &&
      own.word === "PASS" &&
      !others.text.includes("Without a cookie."),
    `${shy.location.replace(/hash=.*/, "hash=…")}: ${brief(own)}; readers: ${brief(others)}`,
  );
}

/** Before and after publishing an author sees what he writes; readers see it at once where it is new, else in time. */
async function proveDrafts({ claims, url, posts, purge }: WordPressScene): Promise<void> {
  const author = await Journalist.logIn(url, "author", "another password");
  const draft = await author.get(`/?p=${posts["draft"]}&preview=true`);
  const early = await new Visitor(url).get(`/?p=${posts["draft"]}&preview=true`);
  claims.claim(
    "a draft is for its author alone",
    draft.text.includes("Not yet for readers.") && !early.text.includes("Not yet for readers."),
    `author: ${brief(draft)}; reader: ${brief(early)}`,
  );
  const missing = await new Visitor(url).get("/draft/");
  await author.save(posts["draft"], { status: "publish" });
  const published = await new Visitor(url).get("/draft/");
  claims.claim(
    "a post that is published is there at once, for who has asked in vain before as well",
    missing.status === 404 && published.status === 200 && published.text.includes("Not yet for readers."),
    `before: ${brief(missing)}; after: ${brief(published)}`,
  );
  await author.save(posts["open"], { content: "A better sentence." });
  const own = await author.get("/open/");
  const before = await new Visitor(url).get("/open/");
  await purge("/open/");
  const after = await new Visitor(url).get("/open/");
  claims.claim(
    "an author sees at once what he has changed; readers do within ten minutes, or after a purge",
    own.text.includes("A better sentence.") && after.text.includes("A better sentence."),
    `author: ${brief(own)}, new; reader: ${brief(before)}, ${ageOf(before)}; after cacheproxy purge: ${brief(after)}, ${ageOf(after)}`,
  );
}

function ageOf(page: Page): string {
  return page.text.includes("A better sentence.") ? "new" : "old";
}

async function provePurges(scene: WordPressScene): Promise<void> {
  const author = await Journalist.logIn(scene.url, "author", "another password");
  const plugins = [
    { name: "proxy-cache-purge", called: "Proxy Cache Purge, by PURGE" },
    { name: "nginx-helper", called: "Nginx Helper, by GET /purge/…" },
  ] as const;
  for (const { name, called } of plugins) {
    await scene.usePurger(name);
    const text = `Purged by ${name}.`;
    await provePurged(scene, {
      what: `what is saved is seen at once by all, as a plugin has it purged in the manner of ${called}`,
      target: "/open/",
      text,
      edit: () => author.save(scene.posts["open"], { content: text }),
    });
  }
}

/** The plugin beside this proof does as WooCommerce does, which Debian does not have. */
async function proveCart({ claims, url }: WordPressScene): Promise<void> {
  const anna = new Visitor(url);
  const bert = new Visitor(url);
  await anna.get("/shop/?add-to-cart=boots");
  await bert.get("/shop/?add-to-cart=hat");
  await bert.get("/shop/?add-to-cart=scarf");
  const [annas, berts] = [await anna.get("/cart/"), await bert.get("/cart/")];
  const [annasShop, bertsShop] = [await anna.get("/shop/"), await bert.get("/shop/")];
  await new Visitor(url).get("/shop/");
  const stranger = await new Visitor(url).get("/shop/");
  claims.claim(
    "two customers and a stranger see each their own cart (a plugin in the manner of WooCommerce)",
    annas.text.includes("Cart of: boots") &&
      berts.text.includes("Cart of: hat, scarf") &&
      annasShop.text.includes("In your cart: 1") &&
      bertsShop.text.includes("In your cart: 2") &&
      stranger.text.includes("In your cart: 0") &&
      stranger.word === "HIT",
    `Anna: ${cartIn(annas)}, ${cartIn(annasShop)}; Bert: ${cartIn(berts)}, ${cartIn(bertsShop)}; stranger: ${brief(stranger)}, ${cartIn(stranger)}`,
  );
}

/** A plugin that nobody knows of greets by a cookie, and says nothing of caching. */
async function proveGreeting({ claims, url, purge }: WordPressScene): Promise<void> {
  await purge("/shop/").catch(() => undefined);
  const first = await new Visitor(url, { a_plugin_name: "Dora" }).get("/shop/");
  const stranger = await new Visitor(url).get("/shop/");
  const second = await new Visitor(url, { a_plugin_name: "Emil" }).get("/shop/");
  claims.claim(
    "a plugin that nobody knows of greets each by his name, and strangers by none",
    first.text.includes("Hello Dora") &&
      second.text.includes("Hello Emil") &&
      !second.text.includes("Dora") &&
      !stranger.text.includes("Dora"),
    `Dora: ${brief(first)}; stranger: ${brief(stranger)}; Emil: ${brief(second)}`,
  );
}

function hasToolbar(page: Page): boolean {
  return page.text.includes('id="wpadminbar"');
}

/** As Cache-Status tells it. */
function ruleOf(page: Page): string {
  return /rule="?([\w-]+)/.exec(page.cacheStatus)?.[1] ?? "no rule";
}

function nameIn(page: Page): string {
  return /Howdy, .*?display-name">([^<]*)/s.exec(page.text)?.[1] ?? "no name";
}

function cartIn(page: Page): string {
  return /(?:Cart of|In your cart): [\w, ]+/.exec(page.text)?.[0] ?? "no cart";
}
