import { UsageError } from "../config/usage-error.ts";
import { visible } from "../control/visible-text.ts";
import type { Framing } from "../rules/exchange.ts";

/** A response as it is shown: without its body. */
export interface ShownHead {
  readonly status: number;
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly framing: Framing;
}

const statusLine = /^HTTP\/(\d)(?:\.(\d))?[ \t]+(\d{3})(?:[ \t].*)?$/i;
const fieldLine = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*$/;

/**
 * Reads a response as curl -i, -I or -v shows it, or a browser's tools: a status line, fields, perhaps a body. Of several in
 * a row, as those of redirects and of 100 Continue, the last one counts. Throws a `UsageError`.
 */
export function readHead(text: string): ShownHead {
  const heads = headsOf(text);
  const head = heads.at(-1);
  if (head === undefined)
    throw new UsageError(
      'the response should begin with a line such as "HTTP/1.1 200 OK", and have its fields below; curl -i shows both',
    );
  const [first = "", ...lines] = head;
  const [, major = "", minor = "", status = ""] = statusLine.exec(first) ?? [];
  const fields = fieldsOf(lines);
  return { status: Number(status), fields, framing: framingOf(`${major}.${minor}`, fields) };
}

/** The lines of each, as far as the next one follows at once: what comes after that is a body. */
function headsOf(text: string): string[][] {
  const lines = withoutMarks(text.replace(/^\ufeff/, "").split(/\r?\n/));
  const heads: string[][] = [];
  let at = lines.findIndex((line) => line.trim() !== "");
  while (statusLine.test(lines[at] ?? "")) {
    const end = lines.indexOf("", at);
    heads.push(lines.slice(at, end === -1 ? undefined : end));
    if (end === -1) break;
    at = end + 1;
  }
  return heads;
}

/** curl -v writes "< " before what comes, "> " before what it has sent, and "* " before what it thinks. */
function withoutMarks(lines: readonly string[]): readonly string[] {
  const isMarked = lines.some((line) => line.startsWith("< HTTP/"));
  if (!isMarked) return lines;
  return lines.filter((line) => line.startsWith("<")).map((line) => line.replace(/^< ?/, ""));
}

function fieldsOf(lines: readonly string[]): [string, string][] {
  const fields: [string, string][] = [];
  for (const line of lines) {
    const last = fields.at(-1);
    const [, name, value = ""] = fieldLine.exec(line) ?? [];
    if (name !== undefined) fields.push([name.toLowerCase(), value]);
    // A value that goes on in the next line (RFC 9112 §5.2).
    else if (last !== undefined && /^[ \t]+\S/.test(line)) last[1] = `${last[1]} ${line.trim()}`.trim();
    else
      throw new UsageError(
        `${JSON.stringify(visible(line.slice(0, 80)))} is no field of a response; it should be such as "Cache-Control: max-age=60"`,
      );
  }
  return fields;
}

/** As the origin would end such a body. What curl -I shows often has no length, though an answer to GET ends well. */
function framingOf(version: string, fields: ShownHead["fields"]): Framing {
  const firstValue = (name: string) => fields.find(([each]) => each === name)?.[1].toLowerCase();
  if (firstValue("transfer-encoding") !== undefined) return "chunked";
  if (firstValue("content-length") !== undefined) return "length";
  return version === "1.0" || firstValue("connection") === "close" ? "close" : "chunked";
}
