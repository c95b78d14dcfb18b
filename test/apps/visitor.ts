/** An answer as a visitor gets it. */
export interface Page {
  readonly status: number;
  readonly text: string;
  /** What the proxy says of it: HIT, MISS, PASS … */
  readonly word: string;
  readonly cacheStatus: string;
  readonly headers: Headers;
  /** Where it sends the visitor to, as path and query; "" where it does not. */
  readonly location: string;
}

/** Somebody with a browser: cookies are kept, redirects are not followed, and each request has a connection of its own. */
export class Visitor {
  readonly cookies = new Map<string, string>();

  constructor(
    readonly url: string,
    cookies: Readonly<Record<string, string>> = {},
  ) {
    for (const [name, value] of Object.entries(cookies)) this.cookies.set(name, value);
  }

  get(target: string, headers: Readonly<Record<string, string>> = {}): Promise<Page> {
    return this.#ask(target, { headers });
  }

  /** As a form is sent. */
  post(target: string, form: Readonly<Record<string, string>>): Promise<Page> {
    return this.#ask(target, { method: "POST", body: new URLSearchParams(form) });
  }

  /** As a form with files is sent. */
  postForm(target: string, form: FormData): Promise<Page> {
    return this.#ask(target, { method: "POST", body: form });
  }

  postJson(target: string, value: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Page> {
    const body = JSON.stringify(value);
    return this.#ask(target, {
      method: "POST",
      body,
      headers: { ...headers, "Content-Type": "application/json" },
    });
  }

  async #ask(
    target: string,
    request: { method?: string; body?: string | URLSearchParams | FormData; headers?: object },
  ): Promise<Page> {
    const headers = new Headers({ Connection: "close", ...request.headers });
    if (this.cookies.size > 0)
      headers.set("Cookie", [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; "));
    const response = await fetch(this.url + target, {
      ...request,
      headers,
      redirect: "manual",
      keepalive: false,
    });
    for (const line of response.headers.getSetCookie()) this.#keep(line);
    const location = response.headers.get("location");
    const to = location === null ? null : new URL(location, this.url + target);
    return {
      status: response.status,
      text: await response.text(),
      word: response.headers.get("x-cache") ?? "nothing",
      cacheStatus: response.headers.get("cache-status") ?? "",
      headers: response.headers,
      location: to === null ? "" : to.pathname + to.search,
    };
  }

  #keep(line: string): void {
    const [pair = "", ...attributes] = line.split(";").map((part) => part.trim());
    const name = pair.slice(0, pair.indexOf("="));
    const value = pair.slice(pair.indexOf("=") + 1);
    const expires = attributes.find((each) => /^expires=/i.test(each))?.slice("expires=".length);
    const isOver =
      attributes.some((each) => /^max-age=(0|-\d+)$/i.test(each)) ||
      (expires !== undefined && Date.parse(expires) < Date.now());
    if (isOver) this.cookies.delete(name);
    else this.cookies.set(name, value);
  }
}

/** "200 HIT", for a line of what was seen. */
export function brief({ status, word }: Page): string {
  return `${status} ${word}`;
}
