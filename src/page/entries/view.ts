import type { EntriesRequest } from "../../control/entries-request.ts";
import { searchOf } from "./search.ts";

/** What somebody looks at of what is stored, as the page's address has it. */
export interface View {
  /** What was typed. */
  readonly search: string;
  readonly sort: Sort;
  readonly isReversed: boolean;
  /** Where the pages before this one end, and so this one begins; the last counts. */
  readonly after: readonly string[];
  /** Which one is shown in full. */
  readonly shown: { readonly key: string; readonly variant: string } | null;
}

export type Sort = EntriesRequest["sort"];

/** What the sorts are called. What is first is what the list begins with. */
export const sortLabels: Readonly<Record<Sort, string>> = {
  key: "by name",
  size: "largest first",
  age: "oldest first",
  left: "ending first",
  used: "used last first",
  hits: "most hits first",
};

/** The one of that name; by name where there is none. */
function sortNamed(name: string | null): Sort {
  return sorts.find((sort) => sort === name) ?? "key";
}

export const sorts = ["key", "size", "age", "left", "used", "hits"] as const satisfies readonly Sort[];

export function viewIn(query: URLSearchParams): View {
  const key = query.get("key");
  return {
    search: query.get("q") ?? "",
    sort: sortNamed(query.get("sort")),
    isReversed: query.get("reverse") === "true",
    // Cursors have no spaces.
    after: (query.get("after") ?? "").split(" ").filter((cursor) => cursor !== ""),
    shown: key === null ? null : { key, variant: query.get("variant") ?? "" },
  };
}

/** The same as the address has it: what is as at first is left out. */
export function queryOfView({ search, sort, isReversed, after, shown }: View): Record<string, string> {
  const said = {
    q: search,
    sort: sort === "key" ? "" : sort,
    reverse: isReversed ? "true" : "",
    after: after.join(" "),
    key: shown?.key ?? "",
    variant: shown?.variant ?? "",
  };
  return Object.fromEntries(Object.entries(said).filter(([, text]) => text !== ""));
}

const pageSize = 50;

/** How GET /entries is asked for it, or what is wrong with what was typed. */
export function pathOfView({ search, sort, isReversed, after }: View): {
  readonly path: string | null;
  readonly error: string;
} {
  const read = searchOf(search);
  if ("error" in read) return { path: null, error: read.error };
  const cursor = after.at(-1);
  const query = new URLSearchParams({
    ...read.query,
    ...{ sort, limit: `${pageSize}` },
    ...(isReversed ? { reverse: "true" } : {}),
    ...(cursor === undefined ? {} : { after: cursor }),
  });
  return { path: `entries?${query}`, error: "" };
}
