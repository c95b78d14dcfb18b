import { createCell } from "./cell.ts";

/** Where somebody is in the page, as its address says behind the #: "#/explain?url=https://a.test/". */
export interface Place {
  /** "explain"; "" of the overview. */
  readonly section: string;
  readonly query: URLSearchParams;
}

export const place = createCell(placeIn(location.hash));

window.addEventListener("hashchange", () => place.set(placeIn(location.hash)));

function placeIn(hash: string): Place {
  const [path = "", query = ""] = hash.replace(/^#\/?/, "").split(/\?(.*)/s, 2);
  return { section: path, query: new URLSearchParams(query) };
}

/** The address of a place, for links: `addressOf("explain", { url })`. */
export function addressOf(section: string, query: Readonly<Record<string, string>> = {}): string {
  const said = new URLSearchParams(query).toString();
  return `#/${section}${said === "" ? "" : `?${said}`}`;
}

/** Goes to a place; without a trace of the one before in the browser's history where somebody only types on. */
export function goTo(address: string, { replacing = false } = {}): void {
  if (!replacing) location.hash = address;
  else {
    history.replaceState(null, "", address);
    place.set(placeIn(location.hash));
  }
}
