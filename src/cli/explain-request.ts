import type { Settings } from "../config/schema.ts";
import { UsageError } from "../config/usage-error.ts";
import { readableBytes, readableMilliseconds } from "../control/amounts.ts";
import { explanationSchema } from "../control/explanation.ts";
import { type RecordedRequest, requestsSchema } from "../control/requests.ts";
import { visible } from "../control/visible-text.ts";
import { explain, isReasonName } from "../rules/reason.ts";
import { askSupervisor } from "./admin-client.ts";
import { explanationInWords } from "./explain-words.ts";

/** One request in full, and what would become of the same now. Undefined where it is not remembered. */
export async function explainRequest(
  settings: Settings,
  id: string,
  colours: boolean,
): Promise<string | undefined> {
  if (!/^\d+-\d+$/.test(id))
    throw new UsageError(`--explain ${JSON.stringify(id)} should be the number of a request, such as 2-4711`);
  const query = new URLSearchParams({ where: `id=${id}`, limit: "1" });
  const { requests } = await askSupervisor(settings, `/requests?${query}`, requestsSchema);
  const [request] = requests;
  if (request === undefined) return undefined;
  return `${inWords(request)}\n${await now(settings, request, colours)}`;
}

function inWords(request: RecordedRequest): string {
  const { id, at, method, protocol, host, target, isCut, site, client } = request;
  const { status, bytes, milliseconds, firstByteMilliseconds, cache, reason, forwarded } = request;
  const came = [
    `${new Date(at).toISOString().replace("T", " ").replace("Z", " UTC")}`,
    ...(client === null ? [] : [`from ${client}`]),
    ...(site === "" ? [] : [`to site ${site}`]),
  ];
  const answered = [
    `${status} with ${readableBytes(bytes)}`,
    // A hit of the short cut is not measured.
    ...(milliseconds === 0
      ? []
      : [
          `in ${readableMilliseconds(milliseconds)}`,
          `begun after ${readableMilliseconds(firstByteMilliseconds)}`,
        ]),
  ];
  const lines = [
    `${id}  ${method} ${protocol}://${host}${target}${isCut ? "… (cut: it was longer)" : ""}`,
    `came      ${came.join(", ")}`,
    `answered  ${answered.join(", ")}`,
    `cache     ${cache}: ${sentenceOf(reason)}`,
    ...(forwarded === null ? [] : [`origin    ${sentenceOf(forwarded)}`]),
  ];
  return `${lines.map(visible).join("\n")}\n`;
}

function sentenceOf(reason: string): string {
  return isReasonName(reason) ? `${reason}, ${explain(reason)}` : reason;
}

/** The client's fields are not kept: what a cookie would change is not told. */
async function now(settings: Settings, request: RecordedRequest, colours: boolean): Promise<string> {
  if (request.isCut) return "What would become of it now cannot be told: its URL is not known whole.\n";
  const { method, protocol, host, target, client } = request;
  const query = new URLSearchParams({
    method,
    url: `${protocol}://${host}${target}`,
    ...(client === null ? {} : { from: client }),
  });
  const explanation = await askSupervisor(settings, `/explain?${query}`, explanationSchema);
  return `The same without a client's fields now:\n\n${explanationInWords(explanation, colours)}`;
}
