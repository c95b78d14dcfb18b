import { brotliCompressSync, gzipSync } from "node:zlib";
import { acceptsCodings } from "../../rules/negotiation.ts";
import { namesTag } from "../../rules/preconditions.ts";
import { bundledScript, bundledStyle } from "../../page/bundle.ts" with { type: "macro" };

// Texts in it might end the element within which it stands.
const script = bundledScript().replace(/<\/(?=script)/gi, "<\\/");
const style = bundledStyle();

/** What a browser gets: it asks for nothing from elsewhere. */
const page = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>cacheproxy</title>
<link rel="icon" href="data:,">
<style>${style}</style>
<body>
<noscript>This page is drawn by its script; GET / without a browser tells what there is to ask.</noscript>
<script>${script}</script>
</body>
</html>
`;

/** Nothing but what stands in the page may run in it, and it may ask nobody but where it came from. */
const policy = [
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

const codings = ["br", "gzip", "identity"] as const;
type Coding = (typeof codings)[number];

/** What a browser is given. */
interface PageAnswer {
  readonly headers: Record<string, string>;
  /** Null where the browser has it already: 304. */
  readonly body: Uint8Array<ArrayBuffer> | null;
}

/** The page for a browser that takes these codings and has what `ifNoneMatch` names. */
export function pageFor(acceptEncoding: string, ifNoneMatch: string): PageAnswer {
  const coding = codings.find((each) => acceptsCodings(each, acceptEncoding)) ?? "identity";
  const tag = `"${digest}-${coding}"`;
  const headers = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": policy,
    "X-Frame-Options": "DENY",
    // Nothing in it is secret, and after an upgrade there is another.
    "Cache-Control": "no-cache",
    ETag: tag,
    ...(coding === "identity" ? {} : { "Content-Encoding": coding }),
  };
  return { headers, body: namesTag(ifNoneMatch, tag) ? null : bytesIn(coding) };
}

const digest = new Bun.CryptoHasher("sha256").update(page).digest("base64url");
const made = new Map<Coding, Uint8Array<ArrayBuffer>>();

/** Made once it is wanted: few are, and it takes a while. */
function bytesIn(coding: Coding): Uint8Array<ArrayBuffer> {
  const known = made.get(coding);
  if (known !== undefined) return known;
  const bytes = Uint8Array.from(compressed(coding));
  made.set(coding, bytes);
  return bytes;
}

function compressed(coding: Coding): Uint8Array {
  const bytes = Buffer.from(page);
  if (coding === "identity") return bytes;
  return coding === "br" ? brotliCompressSync(bytes) : gzipSync(bytes);
}

function hashOf(text: string): string {
  return `'sha256-${new Bun.CryptoHasher("sha256").update(text).digest("base64")}'`;
}
