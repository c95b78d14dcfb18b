import type { LogRecord } from "./log-format.ts";

/**
 * One request as Apache and nginx write it by default, for analysers that read that, without its line feed:
 * `192.0.2.7 - - [28/Nov/2026:07:48:20 +0000] "GET /a HTTP/1.1" 200 1234`; "combined" has Referer and User-Agent behind it.
 * Which version of HTTP the client spoke is not known: it always says 1.1.
 */
export function formatCommon(record: LogRecord, form: "common" | "combined"): string {
  const { client, at, method, target, status, bytes } = record;
  const request = quoted(`${method} ${target} HTTP/1.1`);
  const line = `${word(client)} - - [${timeOf(at)}] ${request} ${status} ${bytes === 0 ? "-" : bytes}`;
  return form === "common" ? line : `${line} ${quoted(record.referer)} ${quoted(record.userAgent)}`;
}

/** "28/Nov/2026:07:48:20 +0000": UTC. */
function timeOf(at: number): string {
  const [, day, month, year, time] =
    /^\w+, (\d+) (\w+) (\d+) ([\d:]+)/.exec(new Date(at).toUTCString()) ?? [];
  return `${day}/${month}/${year}:${time} +0000`;
}

/** Without a space, which would begin the next column. */
function word(text: string | undefined): string {
  return text === undefined ? "-" : escaped(text).replaceAll(" ", "\\x20");
}

function quoted(text: string | undefined): string {
  return `"${text === undefined ? "-" : escaped(text)}"`;
}

/** As Apache does: nothing from a client can end the column or the line, nor move the cursor of who reads it. */
function escaped(text: string): string {
  return Buffer.from(text.replace(/["\\]/g, "\\$&"), "utf8")
    .toString("latin1")
    .replace(/[^\x20-\x7e]/g, (byte) => `\\x${byte.charCodeAt(0).toString(16).padStart(2, "0")}`);
}
