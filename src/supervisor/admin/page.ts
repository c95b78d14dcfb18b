const style = `
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color-scheme: light dark }
nav button { margin: 0 .5rem .5rem 0 }
pre { overflow: auto; padding: 1rem; border: 1px solid }
`;

/**
 * Asks for what has no query, and shows it. The token is asked for when the first answer wants one; the browser keeps it for
 * this session and this place alone. All that comes is shown as text.
 */
const script = `
const key = "cacheproxy-token";
const [list, shown, form, field, told] = ["list", "shown", "form", "token", "told"].map((id) => document.getElementById(id));
let wanted = "healthz";

async function ask(path) {
  const token = sessionStorage.getItem(key);
  const headers = { Accept: "application/json", ...(token === null ? {} : { Authorization: "Bearer " + token }) };
  return await fetch(path, { headers, cache: "no-store" });
}

async function show(path) {
  wanted = path;
  const response = await ask(path);
  const text = await response.text();
  if (path !== wanted) return;
  form.hidden = response.status !== 401;
  if (response.status === 401) {
    told.textContent = sessionStorage.getItem(key) === null ? "" : "That is not the token.";
    sessionStorage.removeItem(key);
    shown.textContent = "";
    return field.focus();
  }
  const isJson = response.headers.get("content-type")?.startsWith("application/json");
  shown.textContent = isJson ? JSON.stringify(JSON.parse(text), null, 2) : text;
}

function tell(error) {
  shown.textContent = "cacheproxy does not answer: " + error.message;
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  // Fields of requests have no other characters.
  sessionStorage.setItem(key, field.value.replace(/[^!-~]/g, ""));
  field.value = "";
  show(wanted).catch(tell);
});

async function start() {
  const description = await (await ask("openapi.json")).json();
  for (const [path, { get }] of Object.entries(description.paths)) {
    const content = get?.responses[200].content ?? {};
    if (path === "/" || get === undefined || get.parameters?.some(({ required }) => required)) continue;
    if (content["text/event-stream"] !== undefined) continue;
    const button = document.createElement("button");
    button.textContent = path.slice(1);
    button.title = get.summary;
    button.addEventListener("click", () => show(path.slice(1)).catch(tell));
    list.append(button);
  }
  await show(wanted);
}

start().catch(tell);
`;

/** What a browser gets: it asks for nothing from elsewhere. */
export const page = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>cacheproxy</title>
<link rel="icon" href="data:,">
<style>${style}</style>
<h1>cacheproxy</h1>
<nav id="list"></nav>
<form id="form" hidden>
<label>The token, from <code>admin.token</code> in the cache folder or as <code>--admin-token</code> has it:
<input id="token" type="password" autocomplete="off" required></label>
<button>Show</button>
<strong id="told" role="alert"></strong>
</form>
<pre id="shown" aria-live="polite"></pre>
<script>${script}</script>
</html>
`;

/** Nothing but what stands in the page may run in it, and it may ask nobody but where it came from. */
export const pagePolicy = [
  "default-src 'none'",
  `script-src ${hashOf(script)}`,
  `style-src ${hashOf(style)}`,
  "img-src data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join("; ");

function hashOf(text: string): string {
  return `'sha256-${new Bun.CryptoHasher("sha256").update(text).digest("base64")}'`;
}
