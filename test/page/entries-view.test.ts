import { expect, test } from "bun:test";
import { exactDuration, secondsLeft } from "../../src/page/entries/countdown.ts";
import { pathOfView, queryOfView, type View, viewIn } from "../../src/page/entries/view.ts";

const first: View = { search: "", sort: "key", isReversed: false, after: [], shown: null };

test.each<[address: string, change: Partial<View>]>([
  ["", {}],
  ["q=%2Fimg%2F+stale", { search: "/img/ stale" }],
  ["sort=size&reverse=true", { sort: "size", isReversed: true }],
  ["after=YQ+Yg", { after: ["YQ", "Yg"] }],
  ["key=GET+%2Fa&variant=accept-language%3Ade", { shown: { key: "GET /a", variant: "accept-language:de" } }],
  ["key=GET+%2Fa", { shown: { key: "GET /a", variant: "" } }],
])("the address with %j shows %j, and is made of it", (address, change) => {
  const view = { ...first, ...change };
  expect(viewIn(new URLSearchParams(address))).toEqual(view);
  expect(new URLSearchParams(queryOfView(view)).toString()).toBe(address);
});

test("an order that there is not is that by name", () => {
  expect(viewIn(new URLSearchParams("sort=colour")).sort).toBe("key");
});

test.each<[change: Partial<View>, path: string | null, error: string]>([
  [{}, "entries?sort=key&limit=50", ""],
  [{ search: "stale" }, "entries?stale=true&sort=key&limit=50", ""],
  [{ sort: "size", isReversed: true }, "entries?sort=size&limit=50&reverse=true", ""],
  [{ after: ["YQ", "Yg"] }, "entries?sort=key&limit=50&after=Yg", ""],
  [{ search: "tga:a" }, null, "tga: is not known"],
])("%j is asked for by %s", (change, path, error) => {
  const asked = pathOfView({ ...first, ...change });
  expect(asked.path).toBe(path);
  expect(asked.error).toStartWith(error);
});

test.each([
  [0, "0 s"],
  [-3, "0 s"],
  [9.9, "9 s"],
  [69, "1 min 09 s"],
  [3_729, "1 h 02 min 09 s"],
  [90_061, "1 d 01 h 01 min 01 s"],
])("%d seconds are shown as %s", (seconds, shown) => {
  expect(exactDuration(seconds)).toBe(shown);
});

test("what is left goes down by the time since it was told", () => {
  expect(secondsLeft(60, 1_000, 11_000)).toBe(50);
  expect(secondsLeft(5, 1_000, 11_000)).toBe(-5);
});
