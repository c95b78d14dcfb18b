import type { RecordedRequest } from "../../control/requests.ts";

/** More of them nobody reads, and a browser shows them slowly. */
export const mostRows = 200;

/** What is shown once more have come: the newest first, none twice. */
export function withNews(
  shown: readonly RecordedRequest[],
  come: readonly RecordedRequest[],
): readonly RecordedRequest[] {
  if (come.length === 0) return shown;
  const known = new Set<string>();
  return [...come, ...shown]
    .sort((one, other) => other.at - one.at)
    .filter((request) => !known.has(keyOf(request)) && known.add(keyOf(request)))
    .slice(0, mostRows);
}

/** A worker that is started anew begins to count anew. */
export function keyOf({ id, at }: RecordedRequest): string {
  return `${id} ${at}`;
}
