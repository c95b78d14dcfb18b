/** The server that the cache stands before, as `--origin` names it. */
export interface OriginAddress {
  /** Scheme, host and port, and nothing secret: "https://example.com:8443"; of a socket "http://localhost". */
  readonly origin: string;
  /** What its paths begin with, without a slash at the end: "/app"; "" when "/" is the client's and its own. */
  readonly pathPrefix: string;
  /** The path of a unix socket; null where it is reached by the network. */
  readonly socketPath: string | null;
  /** The Authorization of requests whose client says nothing of its own; null where no credentials are given. */
  readonly authorization: string | null;
}

/** "https://me:secret@example.com/app" or "unix:/run/app.sock". Undefined where the text is of neither form. */
export function originAddress(text: string): OriginAddress | undefined {
  const socketPath = socketIn(text);
  if (socketPath !== undefined) {
    return { origin: "http://localhost", pathPrefix: "", socketPath, authorization: null };
  }
  const url = /^https?:\/\/[^\s?#\\]+$/i.test(text) ? URL.parse(text) : null;
  if (url === null || url.hostname === "") return undefined;
  const authorization = basicCredentials(url);
  if (authorization === undefined) return undefined;
  return { origin: url.origin, pathPrefix: withoutEnd(url.pathname), socketPath: null, authorization };
}

/** The same for everybody who means the same, with its credentials: what the settings hold. */
export function normalOrigin(text: string): string | undefined {
  const address = originAddress(text);
  if (address === undefined) return undefined;
  return address.socketPath === null ? withoutEnd(new URL(text).href) : `unix:${address.socketPath}`;
}

/** As it may be shown to anybody. */
export function originName({ origin, pathPrefix, socketPath }: OriginAddress): string {
  return socketPath === null ? origin + pathPrefix : `unix:${socketPath}`;
}

/**
 * Why these cannot be the origins of one site, and what would be right; null where they can. Each is one that `originAddress`
 * takes.
 */
export function originsRefusal(origins: readonly string[]): string | null {
  const addresses = origins.flatMap((text) => originAddress(text) ?? []);
  const [first] = addresses;
  if (first === undefined) return "there is none; it should be at least one URL";
  for (const [place, address] of addresses.entries()) {
    const name = originName(address);
    if (addresses.slice(0, place).some((other) => originName(other) === name)) {
      return `${name} is there twice; each should be named once`;
    }
    if (address.pathPrefix !== first.pathPrefix) {
      return `${originName(first)} and ${name} have different paths; all origins of a site should have the same`;
    }
  }
  return null;
}

/** What would be right in place of this origin: the same without what is too much, where that can be told. */
export function rightOrigin(text: string): string {
  const scheme = /^https:/i.test(text) ? "https://" : "http://";
  const meant = URL.parse(scheme + text.replace(/^[a-z][a-z0-9+.-]*:\/\//i, ""));
  const example = meant?.hostname ? meant.origin : "http://127.0.0.1:8000";
  return `http:// or https://, a host, perhaps a port and a path, and nothing else, such as ${example}, or unix:/run/app.sock`;
}

/** The text as it may be shown: of what may be a URL, or may hold one, without what stands before its host. */
export function withoutCredentials(text: string): string {
  return text.replace(text.includes("//") ? /\/\/.*@/s : /\b.*@/s, (hidden) =>
    hidden.startsWith("//") ? "//***@" : "***@",
  );
}

function socketIn(text: string): string | undefined {
  const path = /^unix:(?:\/\/)?(\/[^\0]*)$/i.exec(text)?.[1];
  return path === undefined || path.endsWith("/") ? undefined : path;
}

/** RFC 7617 §2: no colon in the user's name, no control characters. Null where there are none, undefined where they are wrong. */
function basicCredentials({ username, password }: URL): string | null | undefined {
  if (username === "" && password === "") return null;
  const [user, secret] = [decoded(username), decoded(password)];
  if (user === undefined || secret === undefined || user.includes(":")) return undefined;
  return `Basic ${Buffer.from(`${user}:${secret}`).toString("base64")}`;
}

function decoded(text: string): string | undefined {
  try {
    const plain = decodeURIComponent(text);
    return /\p{Cc}/u.test(plain) ? undefined : plain;
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}

function withoutEnd(path: string): string {
  return path.replace(/\/+$/, "");
}
