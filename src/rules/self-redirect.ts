/** An answer, as far as it may send a visitor round. */
export interface Redirect {
  readonly method: string;
  readonly status: number;
  readonly location: string | null;
}

/** Statuses with which a client asks for what Location names (RFC 9110 §15.4). */
const followed: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/**
 * Whether who follows the redirect asks for the very same again, without end. `requestUrls` is the URL of the request,
 * or those that it may have for the client. WordPress that is asked for 127.0.0.1 redirects to "http://shop.test/a" by
 * which it wants to be known, and that is what the visitor had asked for. A POST is redirected to its own URL to show what
 * it did (RFC 9110 §15.4.4), and that ends.
 */
export function redirectsToItself(
  { method, status, location }: Redirect,
  requestUrls: readonly string[],
): boolean {
  if (location === null || !followed.has(status) || (method !== "GET" && method !== "HEAD")) return false;
  return requestUrls.some((url) => withoutFragment(location, url) === withoutFragment(url, url));
}

/** Null where the reference is none. */
function withoutFragment(reference: string, base: string): string | null {
  const url = URL.parse(reference, base);
  if (url !== null) url.hash = "";
  return url?.href ?? null;
}
