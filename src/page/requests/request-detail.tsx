import { readableBytes, readableMilliseconds } from "../../control/amounts.ts";
import type { RecordedRequest } from "../../control/requests.ts";
import { explain, isReasonName } from "../../rules/reason.ts";
import { linkTo, questionAbout } from "../explain/question.ts";
import { Fact, Facts } from "../parts/facts.tsx";
import { conditionFor } from "./conditions.ts";

interface RequestDetailProps {
  readonly request: RecordedRequest;
  readonly onNarrow: (condition: string) => void;
}

/** All that is remembered of a request, and ways from there: to others like it, and to what would become of it now. */
export function RequestDetail({ request, onNarrow }: RequestDetailProps) {
  const { id, at, site, cache, reason, forwarded, protocol, method, host, target, isCut, client } = request;
  const question = questionAbout(request);
  return (
    <div class="request-detail-body">
      <p class="request-url">
        {method} {protocol}://{host}
        {target}
        {isCut ? "… (it was longer)" : ""}
      </p>
      <Facts>
        <Fact term="Cache">
          {cache}: {sentenceOf(reason)}
        </Fact>
        {forwarded !== null && <Fact term="Origin">{sentenceOf(forwarded)}</Fact>}
        <Fact term="Answered">{answerOf(request)}</Fact>
        <Fact term="Came">
          {new Date(at).toISOString().replace("T", " ").replace("Z", " UTC")}
          {client === null ? "" : `, from ${client}`}
          {site === "" ? "" : `, to site ${site}`}
        </Fact>
        <Fact term="Number">{id}</Fact>
      </Facts>
      <div class="row">
        {question !== undefined && <a href={linkTo(question)}>Explain it as it would be now</a>}
        {conditionsFor(request).map((condition) => (
          <button key={condition} type="button" class="chip" onClick={() => onNarrow(condition)}>
            {condition}
          </button>
        ))}
      </div>
    </div>
  );
}

function answerOf({ status, bytes, milliseconds, firstByteMilliseconds }: RecordedRequest): string {
  const body = `${status} with ${readableBytes(bytes)}`;
  if (milliseconds === 0) return body;
  return `${body} in ${readableMilliseconds(milliseconds)}, begun after ${readableMilliseconds(firstByteMilliseconds)}`;
}

function sentenceOf(reason: string): string {
  return isReasonName(reason) ? `${explain(reason)} (${reason})` : reason;
}

/** What others may have in common with it. */
function conditionsFor({ site, cache, reason, host, target, client }: RecordedRequest): string[] {
  const parts = { site, cache, reason, host, path: target.replace(/\?.*$/s, ""), client: client ?? "" };
  return Object.entries(parts).flatMap(([name, value]) => conditionFor(name, value) ?? []);
}
