import type { RecordedRequest } from "../../control/requests.ts";

/** A request of which somebody wants to know what would become of it, as it stands in the form. */
export interface Question {
  readonly url: string;
  readonly method: string;
  /** "Cookie: lang=de", a field a line. */
  readonly fields: string;
  /** The client's address; "" is nobody in particular. */
  readonly from: string;
  /** The origin is asked, too. */
  readonly fetch: boolean;
}

export const noQuestion: Question = { url: "", method: "GET", fields: "", from: "", fetch: false };

/** What the operator's door is asked: "explain?url=%2Fcart&method=GET". */
export function pathOf(question: Question): string {
  const query = parametersOf(question);
  if (question.fetch) query.append("fetch", "1");
  return `explain?${query}`;
}

/**
 * Where this page shows the answer. That the origin be asked is not part of it: whoever follows a link has not ordered that.
 */
export function linkTo(question: Question): string {
  return `#/explain?${parametersOf(question)}`;
}

/** The question of such a link; what it does not say is as in an empty form. */
export function questionIn(query: URLSearchParams): Question {
  return {
    url: query.get("url") ?? noQuestion.url,
    method: query.get("method") ?? noQuestion.method,
    fields: query.getAll("header").join("\n"),
    from: query.get("from") ?? noQuestion.from,
    fetch: false,
  };
}

/** The same request once more: its fields are not kept. Undefined where its URL is not known whole. */
export function questionAbout(request: RecordedRequest): Question | undefined {
  const { protocol, host, target, isCut, method, client } = request;
  if (isCut || host === "") return undefined;
  return { ...noQuestion, url: `${protocol}://${host}${target}`, method, from: client ?? "" };
}

function parametersOf({ url, method, fields, from }: Question): URLSearchParams {
  const query = new URLSearchParams({ url: withScheme(url.trim()), method });
  for (const line of fields.split("\n")) if (line.trim() !== "") query.append("header", line.trim());
  if (from.trim() !== "") query.append("from", from.trim());
  return query;
}

/** As one writes it into a browser: "shop.example/cart". */
function withScheme(url: string): string {
  return url === "" || url.startsWith("/") || /^[a-z]+:\/\//i.test(url) ? url : `http://${url}`;
}
