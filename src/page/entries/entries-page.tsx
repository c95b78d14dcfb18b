import { readableCount, readableMilliseconds } from "../../control/amounts.ts";
import type { EntriesAnswer } from "../../control/entries.ts";
import { Empty } from "../parts/empty.tsx";
import { Notice } from "../parts/notice.tsx";
import { EntriesTable } from "./entries-table.tsx";
import { useLook } from "../look.ts";
import type { Intent } from "./removal-dialog.tsx";
import type { View } from "./view.ts";

interface EntriesPageProps {
  /** Null where what was typed cannot be looked for. */
  readonly path: string | null;
  readonly view: View;
  /** Another one looks again. */
  readonly turn: number;
  readonly linkOf: (entry: { key: string; variant: string }) => string;
  readonly onIntent: (intent: Intent) => void;
  readonly onLook: (change: Partial<View>) => void;
}

/** A page of what was found, and the ways to the others. */
export function EntriesPage({ path, view, turn, linkOf, onIntent, onLook }: EntriesPageProps) {
  const { answer, toldAt, error, isAsked } = useLook<EntriesAnswer>(path, turn);
  if (answer === null) {
    if (error !== "") return <Notice tone="bad">{error}</Notice>;
    return <Empty>{path === null ? "Nothing is looked for." : "Looking…"}</Empty>;
  }
  const { entries, next } = answer;
  return (
    <section class="found" aria-label="What was found" aria-busy={isAsked}>
      {error === "" ? null : <Notice tone="bad">{error}</Notice>}
      <p class="muted">{lookedIn(answer)}</p>
      {entries.length === 0 ? (
        <Empty>Nothing of that is stored.</Empty>
      ) : (
        <div class="card">
          <EntriesTable caption="Stored responses" {...{ entries, toldAt, linkOf, onIntent }} />
        </div>
      )}
      {next === null && view.after.length === 0 ? null : (
        <nav class="pager" aria-label="Pages">
          <button
            type="button"
            disabled={view.after.length === 0}
            onClick={() => onLook({ after: view.after.slice(0, -1) })}
          >
            Back
          </button>
          <span>Page {readableCount(view.after.length + 1)}</span>
          <button
            type="button"
            disabled={next === null}
            onClick={() => next !== null && onLook({ after: [...view.after, next] })}
          >
            On
          </button>
        </nav>
      )}
    </section>
  );
}

function lookedIn({ lookedFor, looked, unreadable, milliseconds }: EntriesAnswer): string {
  const cannot = unreadable === 0 ? "" : `, of which ${readableCount(unreadable)} cannot be read`;
  return `Looked for ${lookedFor}: at ${readableCount(looked)} stored responses${cannot}, in ${readableMilliseconds(milliseconds)}.`;
}
