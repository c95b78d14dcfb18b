import type { Facts, Fetched, StoredExplained } from "../../../src/control/explanation.ts";

/** A request for which nothing is stored, unless something else is said. */
export function factsLike(changes: Partial<Facts> = {}): Facts {
  return {
    url: "http://shop.example/blog/post?page=2",
    method: "GET",
    site: "shop",
    client: null,
    sender: { kind: "anonymous", by: [], ignoredCookies: [] },
    rules: [],
    key: { key: "key", target: "/blog/post?page=2", marks: [], leftOut: [] },
    stored: [],
    outcome: { kind: "miss", reason: "miss", status: null },
    lastFailure: null,
    targeted: ["cdn-cache-control"],
    underWay: 0,
    origins: ["http://127.0.0.1:8081"],
    origin: {
      method: "GET",
      url: "http://127.0.0.1:8081/blog/post?page=2",
      fields: [],
      inBackground: false,
    },
    fetched: null,
    ...changes,
  };
}

/** A 200 that says nothing of caching. */
export function fetchedLike(changes: Partial<Fetched> = {}): Fetched {
  return {
    status: 200,
    failure: null,
    fields: [["content-type", "text/html"]],
    framing: "length",
    milliseconds: 32.4,
    isStored: false,
    reason: "no-lifetime",
    lifetime: null,
    lifetimeSource: null,
    rules: [],
    ...changes,
  };
}

/** In memory, fresh for a minute of which 12 seconds have gone by. */
export function storedLike(changes: Partial<StoredExplained> = {}): StoredExplained {
  return {
    where: "memory",
    isPartial: false,
    status: 200,
    size: 1000,
    held: 1000,
    type: "text/html",
    variant: [],
    isSelected: true,
    withheld: null,
    age: 12,
    lifetime: 60,
    remaining: 48,
    lifetimeSource: "max-age",
    staleWhileRevalidate: 0,
    staleIfError: 0,
    revalidateAlways: false,
    revalidateWhenStale: false,
    entityTag: null,
    lastModified: null,
    tags: [],
    rules: [],
    ...changes,
  };
}
