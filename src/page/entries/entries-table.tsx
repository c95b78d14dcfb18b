import { readableCount, readableDuration } from "../../control/amounts.ts";
import type { Entry } from "../../control/entries.ts";
import { nameOf, sizeOf } from "../../control/entry-words.ts";
import { type Column, Table } from "../parts/table.tsx";
import { Left } from "./left.tsx";
import { removalOfEntry } from "./removal.ts";
import type { Intent } from "./removal-dialog.tsx";

interface EntriesTableProps {
  readonly caption: string;
  readonly entries: readonly Entry[];
  /** By the page's clock. */
  readonly toldAt: number;
  readonly linkOf: (entry: Pick<Entry, "key" | "variant">) => string;
  readonly onIntent: (intent: Intent) => void;
}

/** Stored responses, each with what leads to all that is known of it, and with what lets it go. */
export function EntriesTable({ caption, entries, toldAt, linkOf, onIntent }: EntriesTableProps) {
  const columns: Column<Entry>[] = [
    {
      title: "What",
      show: (entry) => (
        <a class="what" href={linkOf(entry)}>
          {nameOf(entry)}
        </a>
      ),
    },
    { title: "Status", isNumber: true, show: ({ status }) => status },
    { title: "Type", show: ({ type }) => type ?? "–" },
    { title: "Size", isNumber: true, show: sizeOf },
    { title: "Age", isNumber: true, show: ({ age }) => readableDuration(age * 1000) },
    { title: "Left", isNumber: true, show: (entry) => <Left entry={entry} toldAt={toldAt} /> },
    { title: "Used", isNumber: true, show: ({ lastUsedAt }) => usedIn(lastUsedAt, toldAt) },
    { title: "Hits", isNumber: true, show: ({ hits }) => readableCount(hits) },
    { title: "Let it go", show: (entry) => <RemovalButtons entry={entry} onIntent={onIntent} /> },
  ];
  const keyOf = ({ key, variant }: Entry) => `${key}\n${variant}`;
  return (
    <div class="entries-table">
      <Table {...{ caption, columns, keyOf }} rows={entries} />
    </div>
  );
}

/** A use is noted once in a minute or so: seconds would say more than is known. */
function usedIn(lastUsedAt: number, now: number): string {
  const minutes = Math.floor((now - lastUsedAt) / 60_000);
  return minutes < 1 ? "of late" : `${readableDuration(minutes * 60_000)} ago`;
}

interface RemovalButtonsProps {
  readonly entry: Entry;
  readonly onIntent: (intent: Intent) => void;
}

/** Purge and soft purge of one. */
export function RemovalButtons({ entry, onIntent }: RemovalButtonsProps) {
  const removal = removalOfEntry(entry);
  return (
    <span class="removal-buttons">
      <button
        class="small"
        type="button"
        aria-label={`Make stale ${removal.what}`}
        onClick={() => onIntent({ removal, soft: true })}
      >
        Make stale
      </button>
      <button
        class="small danger"
        type="button"
        aria-label={`Purge ${removal.what}`}
        onClick={() => onIntent({ removal, soft: false })}
      >
        Purge
      </button>
    </span>
  );
}
