import { visibleJson } from "../control/visible-text.ts";
import type { RecordedRequest } from "../control/requests.ts";
import { formatPretty } from "../worker/log-format.ts";

/** A request in one line, with its line feed. */
export function requestLine(form: "pretty" | "json", colours: boolean): (request: RecordedRequest) => string {
  if (form === "json") return (request) => `${visibleJson(request)}\n`;
  return (request) => {
    const { id, site, host, target, isCut, forwarded, client, ...rest } = request;
    const named = {
      ...rest,
      ...(site === "" ? {} : { site }),
      target: `${host}${target}${isCut ? "…" : ""}`,
    };
    return `${id.padEnd(8)} ${formatPretty(named, colours)}\n`;
  };
}
