import { expect, test } from "bun:test";
import type { CauseTarget } from "../../../src/control/cacheability.ts";
import { alikeIn } from "../../../src/supervisor/report/paths.ts";
import { answered, seen } from "./seen.ts";

const picture = (path: string) => seen(path, {}, "image/png");
const page = (path: string) => seen(path);
const withCookie = (path: string) => answered(path, [["set-cookie", "session=…"]]);
const ofEachVisitor = (path: string) =>
  answered(path, [], { clients: 5, bodies: 5 }, [["cookie", "session=…"]]);

test.each<[what: string, targets: CauseTarget[], paths: string[][]]>([
  ["nothing", [], []],
  ["one picture", [picture("/img/a.png")], [["/img/a.png"]]],
  [
    "one picture with several queries",
    [picture("/img/a.png?v=1"), picture("/img/a.png?v=2")],
    [["/img/a.png"]],
  ],
  ["pictures of a folder", ["/img/a.png", "/img/b.png"].map(picture), [["/img/*.png"]]],
  ["pictures at the root", ["/a.png", "/b.png"].map(picture), [["/*.png"]]],
  [
    "pictures of several folders",
    ["/media/a/1.jpg", "/media/a/2.jpg", "/media/b/c/3.jpg"].map(picture),
    [["/media/**/*.jpg"]],
  ],
  [
    "pictures of folders that begin alike",
    ["/img/ab/1.gif", "/img/ac/1.gif"].map(picture),
    [["/img/**/*.gif"]],
  ],
  [
    "of two kinds",
    ["/a/1.png", "/a/2.png", "/a/1.gif", "/a/2.gif"].map(picture),
    [["/a/*.png"], ["/a/*.gif"]],
  ],
  ["with no extension", ["/pictures/1", "/pictures/2"].map(picture), [["/pictures/*"]]],
  ["pages of a folder", ["/products/1", "/products/2", "/products/3"].map(page), [["/products/*"]]],
  ["two pages of a folder", ["/products/1", "/products/2"].map(page), [["/products/1", "/products/2"]]],
  ["pages at the root", ["/", "/a", "/b", "/c"].map(page), [["/", "/a", "/b", "/c"]]],
  ["pages that may be one visitor's", ["/p/1", "/p/2", "/p/3"].map(withCookie), [["/p/1", "/p/2", "/p/3"]]],
  [
    "pages that differ from visitor to visitor",
    ["/p/1", "/p/2", "/p/3"].map(ofEachVisitor),
    [["/p/1", "/p/2", "/p/3"]],
  ],
  ["a path that globs write otherwise", [page("/caf%C3%A9/100%25 a?q")], [["/café/100%25%20a"]]],
  [
    "pages here and there, in the order in which they were told",
    ["/a/1", "/b/1", "/a/2", "/c/1"].map(page),
    [["/a/1", "/b/1", "/a/2", "/c/1"]],
  ],
  [
    "more than anybody would copy",
    Array.from({ length: 9 }, (_, number) => page(`/${number}`)),
    [["/0", "/1", "/2", "/3", "/4", "/5", "/6", "/7"], ["/8"]],
  ],
])("a rule for %s", (_, targets, paths) => {
  expect(alikeIn(targets).map((alike) => [...alike.paths])).toEqual(paths);
});

test("each target is in one of them", () => {
  const targets = ["/a/1.png", "/a/2.png", "/", "/p/1", "/p/2", "/p/3", "/b/1.png"].map(picture);
  const found = alikeIn([...targets, page("/x"), withCookie("/y")]).flatMap(({ targets: some }) => some);
  expect(found.map(({ url }) => url).toSorted()).toEqual(
    [...targets, page("/x"), withCookie("/y")].map(({ url }) => url).toSorted(),
  );
});
