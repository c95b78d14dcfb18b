import { readableCount, readableWait } from "../../control/amounts.ts";
import type { CauseTarget } from "../../control/cacheability.ts";
import { linkTo } from "../explain/question.ts";
import { type Column, Table } from "../parts/table.tsx";
import { questionAbout, saidOf } from "./evidence.ts";

/** Who wants all of them has them as JSON. */
const mostShown = 50;

const columns: readonly Column<CauseTarget>[] = [
  { title: "URL", className: "target", show: urlOf },
  { title: "Could be hits", isNumber: true, show: ({ again }) => readableCount(again.requests) },
  { title: "Requests", isNumber: true, show: ({ all }) => readableCount(all.requests) },
  { title: "Waited", isNumber: true, show: ({ again }) => readableWait(again.milliseconds) },
  { title: "Clients", isNumber: true, show: ({ clients }) => about(clients) },
  { title: "Bodies", isNumber: true, show: ({ bodies }) => about(bodies) },
];

/** The URLs behind a cause, each with what the origin has last said, and a link to what would become of it now. */
export function TargetsTable({ targets }: { readonly targets: readonly CauseTarget[] }) {
  const left = targets.length - mostShown;
  return (
    <>
      <Table
        caption="URLs"
        columns={columns}
        rows={targets.slice(0, mostShown)}
        keyOf={({ url, evidence }) => `${evidence.method} ${url}`}
      />
      {left > 0 && <p class="muted">and {readableCount(left)} more, which GET /causes has</p>}
    </>
  );
}

function urlOf(target: CauseTarget) {
  const { url, evidence } = target;
  const { method } = evidence;
  return (
    <>
      <a href={linkTo(questionAbout(target))}>{method === "GET" ? url : `${method} ${url}`}</a>
      <span class="evidence">{saidOf(evidence)}</span>
    </>
  );
}

/** 0 is: not known. */
function about(estimate: number): string {
  return estimate === 0 ? "–" : readableCount(estimate);
}
