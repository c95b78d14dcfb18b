import { readableCount, readableWait } from "../../control/amounts.ts";
import type { CauseTarget } from "../../control/cacheability.ts";
import { linkTo } from "../explain/question.ts";
import { questionAbout, saidOf } from "./evidence.ts";

/** Who wants all of them has them as JSON. */
const mostShown = 50;

/** The URLs behind a cause, each with what the origin has last said, and a link to what would become of it now. */
export function TargetsTable({ targets }: { readonly targets: readonly CauseTarget[] }) {
  const left = targets.length - mostShown;
  return (
    <>
      <table>
        <thead>
          <tr>
            <th scope="col">URL</th>
            <th scope="col" class="number">
              Could be hits
            </th>
            <th scope="col" class="number">
              Requests
            </th>
            <th scope="col" class="number">
              Waited
            </th>
            <th scope="col" class="number">
              Clients
            </th>
            <th scope="col" class="number">
              Bodies
            </th>
          </tr>
        </thead>
        <tbody>
          {targets.slice(0, mostShown).map((target) => (
            <TargetRow key={`${target.evidence.method} ${target.url}`} target={target} />
          ))}
        </tbody>
      </table>
      {left > 0 && <p class="muted">and {readableCount(left)} more, which GET /causes has</p>}
    </>
  );
}

function TargetRow({ target }: { readonly target: CauseTarget }) {
  const { url, again, all, clients, bodies, evidence } = target;
  const { method } = evidence;
  return (
    <tr>
      <td data-title="URL" class="target">
        <a href={linkTo(questionAbout(target))}>{method === "GET" ? url : `${method} ${url}`}</a>
        <span class="evidence">{saidOf(evidence)}</span>
      </td>
      <td data-title="Could be hits" class="number">
        {readableCount(again.requests)}
      </td>
      <td data-title="Requests" class="number">
        {readableCount(all.requests)}
      </td>
      <td data-title="Waited" class="number">
        {readableWait(again.milliseconds)}
      </td>
      <td data-title="Clients" class="number">
        {about(clients)}
      </td>
      <td data-title="Bodies" class="number">
        {about(bodies)}
      </td>
    </tr>
  );
}

/** 0 is: not known. */
function about(estimate: number): string {
  return estimate === 0 ? "–" : readableCount(estimate);
}
