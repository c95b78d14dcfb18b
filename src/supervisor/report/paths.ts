import type { CauseTarget } from "../../control/cacheability.ts";
import { pathGlobOf } from "../../rules/target-glob.ts";
import { isDelicate, isPartOfPages, targetIn } from "./looks.ts";

/** Targets that one rule would be for, and the globs that it would have for their paths. */
export interface Alike {
  readonly paths: readonly string[];
  readonly targets: readonly [CauseTarget, ...CauseTarget[]];
}

/** With fewer pages of a folder it is not known that all of it is like them. */
const pagesOfFolder = 3;
/** More than that nobody copies. */
const longestList = 8;

/**
 * Finds what the targets have in common: "/img/*.png" for pictures of a folder, "/media/**\/*.jpg" for those of several,
 * "/products/*" for pages of one. What may be one visitor's is named path by path, and so are pages that lie beside others of
 * all kinds, at the root.
 */
export function alikeIn(targets: readonly CauseTarget[]): Alike[] {
  const families = [...Map.groupBy(targets, familyOf)].map(([family, members]) => ({
    members,
    pattern: family === alone ? null : patternOf(members),
  }));
  const withPattern = families.flatMap(({ pattern, members }) =>
    pattern === null ? [] : alike([pattern], members),
  );
  const others = new Set(families.flatMap(({ pattern, members }) => (pattern === null ? members : [])));
  return [...withPattern, ...lists(targets.filter((target) => others.has(target)))];
}

function alike(paths: readonly string[], [first, ...others]: readonly CauseTarget[]): Alike[] {
  return first === undefined ? [] : [{ paths, targets: [first, ...others] }];
}

const alone = "alone";

/** Those of the same family may have a pattern together. */
function familyOf(target: CauseTarget): string {
  const { folder, extension } = placeOf(target);
  if (isPartOfPages(target)) return `part ${folder.split("/")[1] ?? ""} ${extension}`;
  return folder === "/" || isDelicate(target) ? alone : `page ${folder} ${extension}`;
}

/** Null where they are too few for one. */
function patternOf(targets: readonly CauseTarget[]): string | null {
  const places = targets.map(placeOf);
  const [first] = places;
  const paths = new Set(places.map(({ path }) => path)).size;
  if (first === undefined || paths < (targets.every(isPartOfPages) ? 2 : pagesOfFolder)) return null;
  const folders = new Set(places.map(({ folder }) => folder));
  if (folders.size === 1) return `${first.folder}*${first.extension}`;
  return `${commonFolder([...folders])}**/*${first.extension}`;
}

/** Path by path, in lists that are not too long. */
function lists(targets: readonly CauseTarget[]): Alike[] {
  const byPath = [...Map.groupBy(targets, (target) => placeOf(target).path)];
  const found: Alike[] = [];
  for (let at = 0; at < byPath.length; at += longestList) {
    const some = byPath.slice(at, at + longestList);
    found.push(
      ...alike(
        some.map(([path]) => path),
        some.flatMap(([, of]) => of),
      ),
    );
  }
  return found;
}

interface PathPlace {
  /** As a glob that stands for it. */
  readonly path: string;
  /** "/img/" */
  readonly folder: string;
  /** ".png", or "" */
  readonly extension: string;
}

function placeOf({ url }: CauseTarget): PathPlace {
  const path = pathGlobOf(targetIn(url));
  const [, folder = "/", name = ""] = /^(.*\/)([^/]*)$/s.exec(path) ?? [];
  return { path, folder, extension: /[^.](\.[a-z0-9]{1,5})$/i.exec(name)?.[1] ?? "" };
}

/** The deepest one in which all of them are. */
function commonFolder([first = "/", ...others]: readonly string[]): string {
  return others.reduce((common, folder) => {
    let shared = common;
    while (!folder.startsWith(shared)) shared = shared.replace(/[^/]*\/$/, "");
    return shared;
  }, first);
}
