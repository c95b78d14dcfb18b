import { percentDecoded } from "../rules/escapes.ts";

/**
 * The two ways in which a path may be read. One and the same path reaches an origin as "/wp-admin/", "//wp-admin/",
 * "/x%2f..%2fwp-admin/" or "/wp-admin;a=b/", and servers do not agree which of these are /wp-admin/. So conditions are
 * asked of both: of the path as it is written, percent-decoded, and of the path as a tidy server has it: backslashes are
 * slashes, slashes that follow each other are one, "." and ".." are resolved, and what follows ";" in a segment is not
 * there. Where the two differ, doubt goes to caution: what protects (see sites/caution) holds if either matches, what
 * permits holds only if both do. So "//wp-admin/" is passed by a rule for "/wp-admin/**", and "/static%2f..%2faccount",
 * or "/account;x.css", is not given the lifetime of "/static/**" or "*.css".
 */
export interface PathForms {
  readonly written: string;
  readonly tidy: string;
}

/** `path`: without query, as it is asked. */
export function pathForms(path: string, ignoreCase: boolean): PathForms {
  const decoded = percentDecoded(path);
  const written = ignoreCase ? decoded.toLowerCase() : decoded;
  return { written, tidy: tidied(written) };
}

function tidied(path: string): string {
  if (!untidy.test(path)) return path;
  const segments: string[] = [];
  const parts = path.replaceAll("\\", "/").split("/");
  for (const [index, part] of parts.entries()) {
    const segment = part.replace(/;.*$/s, "");
    const isLast = index === parts.length - 1;
    if (segment === "..") segments.pop();
    else if (segment !== "" && segment !== ".") segments.push(segment);
    // What ends with a slash, or with what stands for a folder, is a folder.
    if (isLast && segments.length > 0 && (segment === "" || segment === "." || segment === ".."))
      segments.push("");
  }
  return `/${segments.join("/")}`;
}

const untidy = /[\\;]|\/\/|\/\.\.?(?:\/|$)/;
