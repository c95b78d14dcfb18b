/** What is said to a request that may not come in, and with which status. */
export interface Refusal {
  readonly status: 401 | 403 | 421 | 429;
  readonly error: string;
}

/**
 * Whether a request comes from where it may: undefined, or why not. Browsers send what any page wants them to, so a name that
 * somebody else made to point here (DNS rebinding), and a page of another site, are refused before anything is looked at.
 * `hostNames` are the names under which the door may be reached, beside localhost and addresses.
 */
export function refusalOfPlace(request: Request, hostNames: readonly string[]): Refusal | undefined {
  const { method, headers } = request;
  const host = headers.get("host");
  if (host === null || !hostPermitted(host, hostNames)) {
    return { status: 421, error: `Host must be an address, localhost or ${hostNames.join(" or ")}` };
  }
  const origin = headers.get("origin");
  if (origin !== null && !isSameHost(origin, host)) return foreign;
  return comesFromElsewhere(method, headers) ? foreign : undefined;
}

const foreign: Refusal = { status: 403, error: "no page of another site may ask anything here" };

/**
 * A page whose name was made to point here sends that name as Host. An address cannot be made to point elsewhere, so addresses
 * are safe.
 */
function hostPermitted(host: string, hostNames: readonly string[]): boolean {
  const name = host.replace(/:\d*$/, "").toLowerCase();
  return (
    name === "localhost" ||
    hostNames.some((own) => own.toLowerCase() === name) ||
    /^\d{1,3}(\.\d{1,3}){3}$/.test(name) ||
    /^\[[0-9a-f:.]+\]$/.test(name)
  );
}

/** Whether the page that asks came from the same host and port; "null" is the origin of a page that hides its own. */
function isSameHost(origin: string, host: string): boolean {
  const page = URL.parse(origin);
  if (page === null || !/^https?:$/.test(page.protocol)) return false;
  // A proxy that speaks TLS may stand before this: only the page knows the scheme.
  return URL.parse(`${page.protocol}//${host}`)?.host === page.host;
}

/** Fetch Metadata, which no page can forge. To follow a link to here, or to type it, is no harm. */
function comesFromElsewhere(method: string, headers: Headers): boolean {
  const site = headers.get("sec-fetch-site");
  if (site === null || site === "same-origin" || site === "none") return false;
  const isVisit =
    headers.get("sec-fetch-mode") === "navigate" && headers.get("sec-fetch-dest") === "document";
  return !(isVisit && (method === "GET" || method === "HEAD"));
}
