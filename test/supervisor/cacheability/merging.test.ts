import { describe, expect, test } from "bun:test";
import { withOneFirst } from "../../../src/supervisor/cacheability/first-requests.ts";
import { merged } from "../../../src/supervisor/cacheability/merging.ts";
import { period, target, volume } from "./told.ts";

describe("what several have counted is put together:", () => {
  test("of each site, cause and target the sum", () => {
    const one = period(0, target("/a", 3, 2), target("/b", 1, 0, { reason: "no-lifetime" }));
    const other = period(0, target("/a", 2, 1, { site: "" }), target("/a", 5, 5, { site: "blog" }));
    const { totals, causes, targets } = merged([one, other], 10);
    expect(totals.map(({ site, requests }) => [site, requests])).toEqual([
      ["", 6],
      ["blog", 5],
    ]);
    expect(causes.map(({ site, reason, all, again }) => [site, reason, all, again.requests])).toEqual([
      ["", "set-cookie", volume(5), 3],
      ["", "no-lifetime", volume(1), 0],
      ["blog", "set-cookie", volume(5), 5],
    ]);
    expect(targets.map(({ site, url, again }) => [site, url, again])).toEqual([
      ["blog", "/a", volume(5)],
      ["", "/a", volume(3)],
      ["", "/b", volume(0)],
    ]);
  });

  test("clients and bodies may be the same, and what a target looks like is as the first has it", () => {
    const looks = (status: number) => ({ method: "GET", status, requestFields: [], responseFields: [] });
    const one = target("/a", 1, 1, { clients: 3, bodies: 1, evidence: looks(200) });
    const other = target("/a", 1, 1, { clients: 2, bodies: 2, evidence: looks(404) });
    expect(merged([period(0, one), period(0, other)], 10).targets).toMatchObject([
      { clients: 3, bodies: 2, evidence: { status: 200 } },
    ]);
  });

  test("of many targets the costliest, by what could have been spared", () => {
    const many = Array.from({ length: 9 }, (_, place) => target(`/${place}`, 100 - place, place));
    expect(merged([period(0, ...many)], 2).targets.map(({ url }) => url)).toEqual(["/8", "/7"]);
  });
});

describe("of all requests for a target one was the first:", () => {
  test.each<[string, number, number, number]>([
    ["each of three workers has taken one for the first", 10, 7, 9],
    ["one has", 10, 9, 9],
    ["none has: it was asked for before", 10, 10, 10],
    ["one was all", 1, 0, 0],
    ["of two by two workers", 2, 0, 1],
  ])("%s", (_, all, again, corrected) => {
    const { causes, targets } = withOneFirst(period(0, target("/a", all, again)));
    expect(targets[0]?.again).toEqual(volume(corrected));
    expect(causes[0]?.again).toEqual(volume(corrected));
  });

  test("of whatever cause it was", () => {
    const otherwise = { reason: "no-lifetime" };
    const told = period(
      0,
      ...[target("/a", 3, 1), target("/a", 2, 1, otherwise), target("/b", 2, 1, otherwise)],
      target("/a", 1, 0, {
        evidence: { method: "POST", status: 200, requestFields: [], responseFields: [] },
      }),
    );
    expect(withOneFirst(told).targets.map(({ again }) => again.requests)).toEqual([2, 2, 1, 0]);
  });

  test("a cause has more of them than it has targets that are known", () => {
    const { causes } = withOneFirst({
      ...period(0, target("/a", 4, 2), target("/b", 4, 2)),
      causes: [{ site: "", forwarded: "miss", reason: "set-cookie", all: volume(100), again: volume(50) }],
    });
    expect(causes[0]?.again).toEqual(volume(52));
  });
});
