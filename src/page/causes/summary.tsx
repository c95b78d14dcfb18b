import { readableBytes, readableCount, readableShare, readableWait } from "../../control/amounts.ts";
import type { CausesSeen } from "./seen.ts";

/** What the requests were: hits, what could have been hits, and the rest. */
export function Summary({ seen }: { readonly seen: CausesSeen }) {
  const { requests, bytes, hits, hitBytes, avoidable } = seen;
  const rest = Math.max(0, requests - hits - avoidable.requests);
  const parts = [
    {
      name: "hit",
      word: "were hits",
      requests: hits,
      more: `${readableShare(hitBytes, bytes)} of the bytes`,
    },
    {
      name: "avoidable",
      word: "could have been hits",
      requests: avoidable.requests,
      more: `${readableBytes(avoidable.bytes)}, clients waited ${readableWait(avoidable.milliseconds)}`,
    },
    {
      name: "rest",
      word: "had to be asked of the origin",
      requests: rest,
      more: "first requests, POST and the like",
    },
  ];
  return (
    <section class="card causes-summary" aria-label="All requests">
      <div class="causes-shares" aria-hidden="true">
        {parts.map(({ name, requests: part }) => (
          <div key={name} class={`share-${name}`} style={{ flexGrow: part }} />
        ))}
      </div>
      <dl class="causes-parts">
        {parts.map(({ name, word, requests: part, more }) => (
          <div key={name} class={`causes-part share-${name}`}>
            <dt>{word}</dt>
            <dd>
              <strong>{readableShare(part, requests)}</strong>
              <span>
                {readableCount(part)} of {readableCount(requests)}
              </span>
              <span class="muted">{more}</span>
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
