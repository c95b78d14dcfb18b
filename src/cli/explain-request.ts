import type { Settings } from "../config/schema.ts";
import { UsageError } from "../config/usage-error.ts";
import { readableBytes, readableMilliseconds } from "../control/amounts.ts";
import { type Explanation, explanationSchema } from "../control/explanation.ts";
import { type RecordedRequest, requestsSchema } from "../control/requests.ts";
import { visible } from "../control/visible-text.ts";
import { explain, isReasonName } from "../rules/reason.ts";
import { askSupervisor } from "./admin-client.ts";
import { explanationInWords } from "./explain-words.ts";

/** One request that was, and what would become of the same now. */
interface LookedBack {
  readonly request: RecordedRequest;
  /** Null where that cannot be told: its URL is not known whole. */
  readonly now: Explanation | null;
}

/** Undefined where it is not remembered. */
export async function lookBack(settings: Settings, id: string): Promise<LookedBack | undefined> {
  if (!/^\d+-\d+$/.test(id))
    throw new UsageError(`--explain ${JSON.stringify(id)} should be the number of a request, such as 2-4711`);
  const query = new URLSearchParams({ where: `id=${id}`, limit: "1" });
  const { requests } = await askSupervisor(settings, `/requests?${query}`, requestsSchema);
  const [request] = requests;
  if (request === undefined) return undefined;
  return { request, now: request.isCut ? null : await explainAnew(settings, request) };
}

/** The client's fields are not kept: what a cookie would change is not told. */
async function explainAnew(
  settings: Settings,
  { method, protocol, host, target, client }: RecordedRequest,
): Promise<Explanation> {
  const query = new URLSearchParams({
    method,
    url: `${protocol}://${host}${target}`,
    ...(client === null ? {} : { from: client }),
  });
  return await askSupervisor(settings, `/explain?${query}`, explanationSchema);
}

/** As a person reads it. */
export function lookedBackInWords({ request, now }: LookedBack, colours: boolean): string {
  const anew =
    now === null
      ? "What would become of it now cannot be told: its URL is not known whole.\n"
      : `The same without a client's fields now:\n\n${explanationInWords(now, colours)}`;
  return `${requestInWords(request)}\n${anew}`;
}

function requestInWords(request: RecordedRequest): string {
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
