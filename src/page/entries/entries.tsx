import { useRef, useState } from "preact/hooks";
import type { OriginsTold } from "../../control/origins.ts";
import { useCell } from "../cell.ts";
import { Card } from "../parts/card.tsx";
import { Notice } from "../parts/notice.tsx";
import { addressOf, goTo, place } from "../place.ts";
import { askAnew, useAnswer } from "../polling.ts";
import { EntriesPage } from "./entries-page.tsx";
import { PurgeForm } from "./purge-form.tsx";
import { type Intent, RemovalDialog } from "./removal-dialog.tsx";
import { SearchForm } from "./search-form.tsx";
import { ShownEntry } from "./shown-entry.tsx";
import { pathOfView, queryOfView, type View, viewIn } from "./view.ts";

/** What is stored: found as one types, looked at in full, and let go. */
export function Entries() {
  const view = viewIn(useCell(place).query);
  const [turn, setTurn] = useState(0);
  const [intent, setIntent] = useState<Intent | null>(null);
  /** Who asks anew gets a dialog of its own, though the one before has not left yet. */
  const asked = useRef(0);
  const [done, setDone] = useState<string | null>(null);
  const { path, error } = pathOfView(view);

  const look = (change: Partial<View>) =>
    goTo(addressOfView({ ...view, after: [], shown: null, ...change }), { replacing: true });
  const parts = {
    turn,
    linkOf: ({ key, variant }: { key: string; variant: string }) =>
      addressOfView({ ...view, shown: { key, variant } }),
    onIntent: (next: Intent) => {
      asked.current += 1;
      setDone(null);
      setIntent(next);
    },
  };
  const finish = (sentence: string) => {
    setIntent(null);
    setDone(sentence);
    setTurn((last) => last + 1);
    askAnew("purges");
  };
  return (
    <>
      <SearchForm view={view} error={error} onLook={look} onAgain={() => setTurn((last) => last + 1)} />
      <div role="status">{done === null ? null : <Notice tone="good">{done}</Notice>}</div>
      {view.shown === null ? null : (
        <ShownEntry {...parts} shown={view.shown} closing={addressOfView({ ...view, shown: null })} />
      )}
      <EntriesPage {...parts} path={path} view={view} onLook={look} />
      <Card title="Purge" isWide aside={<a href={addressOf("fleet")}>What was purged of late</a>}>
        <PurgeForm sites={useSiteNames()} onIntent={parts.onIntent} />
      </Card>
      {intent === null ? null : (
        <RemovalDialog
          key={asked.current}
          intent={intent}
          onKept={() => setIntent((now) => (now === intent ? null : now))}
          onDone={finish}
        />
      )}
    </>
  );
}

function addressOfView(view: View): string {
  return addressOf("entries", queryOfView(view));
}

/** They change only with a reload. */
const sitesMilliseconds = 60_000;

function useSiteNames(): string[] {
  const { value } = useAnswer<OriginsTold>("origins", sitesMilliseconds);
  return value?.sites.map(({ site }) => site) ?? [];
}
