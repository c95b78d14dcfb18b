import { useEffect, useRef } from "preact/hooks";
import type { EntryAnswer } from "../../control/entries.ts";
import { Card } from "../parts/card.tsx";
import { EntryDetail } from "./entry-detail.tsx";
import { useLook } from "../look.ts";
import type { Intent } from "./removal-dialog.tsx";

interface ShownEntryProps {
  readonly shown: { readonly key: string; readonly variant: string };
  readonly closing: string;
  readonly turn: number;
  readonly linkOf: (entry: { key: string; variant: string }) => string;
  readonly onIntent: (intent: Intent) => void;
}

/** The one that was chosen, in full. Who chose it by keyboard goes on from there. */
export function ShownEntry({ shown, closing, turn, linkOf, onIntent }: ShownEntryProps) {
  const place = useRef<HTMLDivElement>(null);
  const path = `entries/entry?${new URLSearchParams(shown)}`;
  const { answer, toldAt, error } = useLook<EntryAnswer>(path, turn);
  const isThere = answer !== null;
  useEffect(() => {
    if (!isThere) return;
    place.current?.focus();
    place.current?.scrollIntoView({ block: "start" });
  }, [isThere, path]);
  return (
    <div ref={place} tabIndex={-1} class="shown-entry">
      {answer === null || error !== "" ? (
        <Card title={shown.key} aside={<a href={closing}>Close</a>} isWide>
          <p role="status">{error === "" ? "Looking…" : error}</p>
        </Card>
      ) : (
        <EntryDetail entry={answer} {...{ toldAt, linkOf, closing, onIntent }} />
      )}
    </div>
  );
}
