import { readableCount, readableDuration } from "../../control/amounts.ts";
import type { EntryAnswer } from "../../control/entries.ts";
import {
  demandsOf,
  diskOf,
  lifetimeOf,
  memoryOf,
  nameOf,
  servedTo,
  sizeOf,
  validatorsOf,
  whereabouts,
} from "../../control/entry-words.ts";
import { Card } from "../parts/card.tsx";
import { Fact, Facts } from "../parts/facts.tsx";
import { addressOf } from "../place.ts";
import { EntriesTable, RemovalButtons } from "./entries-table.tsx";
import { Lifetime } from "./left.tsx";
import { Pieces } from "./pieces.tsx";
import type { Intent } from "./removal-dialog.tsx";

interface EntryDetailProps {
  readonly entry: EntryAnswer;
  /** By the page's clock. */
  readonly toldAt: number;
  readonly linkOf: (entry: Pick<EntryAnswer, "key" | "variant">) => string;
  /** Back to the list alone. */
  readonly closing: string;
  readonly onIntent: (intent: Intent) => void;
}

/** All there is to know of one stored response. */
export function EntryDetail({ entry, toldAt, linkOf, closing, onIntent }: EntryDetailProps) {
  const { sentence, clause } = entry.reuse;
  return (
    <Card title={nameOf(entry)} aside={<a href={closing}>Close</a>} isWide>
      <Lifetime entry={entry} toldAt={toldAt} />
      <p>
        {sentence}
        {clause === null ? null : <span class="muted"> ({clause})</span>}
      </p>
      <p class="row">
        <RemovalButtons entry={entry} onIntent={onIntent} />
        {entry.host === "" ? null : (
          <a href={addressOf("explain", { url: `${entry.scheme}://${entry.host}${entry.target}` })}>
            Explain a request for it
          </a>
        )}
      </p>
      <Pieces entry={entry} />
      <Facts>
        {factsOf(entry, toldAt).map(([name, told]) => (
          <Fact key={name} term={name}>
            {told}
          </Fact>
        ))}
      </Facts>
      <h3>Fields</h3>
      <Facts kind="fields">
        {entry.fields.map(([name, value], place) => (
          <Fact key={`${place} ${name}`} term={name}>
            <code>{value}</code>
          </Fact>
        ))}
      </Facts>
      {entry.variants.length === 0 ? null : (
        <>
          <h3>Other variants of it</h3>
          <EntriesTable caption="Other variants" entries={entry.variants} {...{ toldAt, linkOf, onIntent }} />
        </>
      )}
    </Card>
  );
}

/** What is empty is left out. */
function factsOf(entry: EntryAnswer, now: number): (readonly [name: string, told: string])[] {
  const { lastUsedAt, hits } = entry;
  const facts = [
    ["Status", `${entry.status}`],
    ["Size", `${sizeOf(entry)} (${readableCount(entry.held)} bytes), in ${whereabouts[entry.body]}`],
    ["Lifetime", lifetimeOf(entry)],
    ["But", demandsOf(entry).join("; ")],
    ["Validators", validatorsOf(entry)],
    ["Serves", servedTo[entry.sharedWith]],
    ["Vary", entry.vary.join(", ")],
    ["Variant", entry.variant.replaceAll("\n", ", ")],
    ["Tags", entry.tags.join(", ")],
    ["Groups", entry.groups.join(", ")],
    ["Rules", entry.rules.join(", ")],
    ["Used", `${readableDuration(Math.max(0, now - lastUsedAt))} ago; ${readableCount(hits)} hits`],
    ["In memory", memoryOf(entry)],
    ["On disk", diskOf(entry)],
    ["Key", entry.key],
  ] as const;
  return facts.filter(([, told]) => told !== "");
}
