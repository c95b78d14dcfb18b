import type { FieldList } from "../../src/rules/fields.ts";
import { bytesOf } from "../store/samples.ts";

/**
 * How an object tells its versions apart: `none` says it in X-Version alone, and what has a `tag` has a date as well, which
 * says nothing, for it changes more often than the version.
 */
export type Naming = "tag" | "date" | "weak" | "none";

/** "/tag/3": the object, whose versions are counted. */
export interface Target {
  readonly path: string;
  readonly naming: Naming;
  readonly smallest: number;
  /** Its versions are larger than the smallest by less than this; 100,000 bytes if nothing is said. */
  readonly spread?: number;
  /** The number of its first version, by which the bytes of each object can be its own; 1 if nothing is said. */
  readonly first?: number;
  /** What the origin says in Cache-Control; if nothing is said here, it is the origin's affair. */
  readonly lifetime?: string;
}

const random = bytesOf(65_521, 3);

/** Bytes of a version of any object: each can be worked out from the version and its place. */
export function bytesOfVersion(version: number, start: number, end: number): Uint8Array {
  const bytes = new Uint8Array(end - start);
  for (let at = start; at < end; ) {
    const place = (at + version * 7919) % random.byteLength;
    const run = random.subarray(place, place + end - at);
    bytes.set(run, at - start);
    at += run.byteLength;
  }
  return bytes;
}

/** Bytes of the whole version: most versions have a length of their own. */
export function sizeOfVersion({ smallest, spread = 100_000 }: Target, version: number): number {
  return smallest + ((version * 37_777) % spread);
}

/** The groups it is in, whatever its version: one that is its folder's, and one that some of each folder are in. */
export function groupsOf({ path }: Target): readonly [string, string] {
  const [, folder = "", name = ""] = path.split("/");
  return [`folder-${folder}`, `tenth-${Number(name) % 10}`];
}

const firstDate = Date.UTC(2024, 0, 1);

/** The fields that name a version of an object that was touched so many times. */
export function namesOf({ naming }: Target, version: number, touches: number): Record<string, string> {
  const name = { "X-Version": String(version) };
  const dated = (steps: number) => new Date(firstDate + steps * 10_000).toUTCString();
  switch (naming) {
    case "tag":
      return { ...name, ETag: `"v${version}"`, "Last-Modified": dated(touches) };
    case "weak":
      return { ...name, ETag: `W/"v${version}"` };
    case "date":
      return { ...name, "Last-Modified": dated(version) };
    case "none":
      return name;
  }
}

/** The version that an answer's validator names; null where the fields disagree or name none. */
export function versionNamed({ naming }: Target, fields: FieldList): number | null {
  const field = (name: string) => fields.find(([each]) => each.toLowerCase() === name)?.[1];
  const said = Number(field("x-version"));
  const [, tagged] = /^(?:W\/)?"v(\d+)"$/.exec(field("etag") ?? "") ?? [];
  const dated = (Date.parse(field("last-modified") ?? "") - firstDate) / 10_000;
  const named = naming === "none" ? said : naming === "date" ? dated : Number(tagged);
  return Number.isInteger(named) && named === said ? named : null;
}
