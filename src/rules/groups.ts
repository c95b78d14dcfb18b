import { isInnerList, ParseError, parseList } from "structured-headers";

/**
 * The groups that Cache-Groups or Cache-Group-Invalidation names: a list of strings (RFC 9875 §2), without
 * repetition. Anything else is ignored as a whole. Parameters mean nothing.
 */
export function parseGroups(value: string | null): readonly string[] {
  if (value === null) return [];
  const groups = new Set<string>();
  for (const member of membersOf(value)) {
    if (isInnerList(member) || typeof member[0] !== "string") return [];
    groups.add(member[0]);
  }
  return [...groups];
}

function membersOf(value: string): ReturnType<typeof parseList> {
  try {
    return parseList(value);
  } catch (error) {
    if (error instanceof ParseError) return [];
    throw error;
  }
}
