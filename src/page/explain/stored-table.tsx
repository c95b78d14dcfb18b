import { readableDuration } from "../../control/amounts.ts";
import { sizeOf } from "../../control/entry-words.ts";
import type { StoredExplained } from "../../control/explanation.ts";
import { type Column, Table } from "../parts/table.tsx";

/** A page with a hundred variants is not shown whole. */
const mostShown = 20;

const columns: readonly Column<StoredExplained>[] = [
  { title: "Response", show: responseOf },
  { title: "Variant", show: variantOf },
  { title: "Size", isNumber: true, show: sizeOf },
  { title: "Age", isNumber: true, show: ({ age }) => readableDuration(age * 1000) },
  { title: "Freshness", show: freshnessOf },
  {
    title: "For this request",
    show: ({ isSelected, withheld }) => (isSelected ? "selected" : (withheld ?? "not selected")),
  },
];

/** What is stored under the key, and which of it the request selects. */
export function StoredTable({ stored }: { readonly stored: readonly StoredExplained[] }) {
  const rows = stored.slice(0, mostShown);
  const left = stored.length - rows.length;
  return (
    <>
      <Table caption="Stored responses" {...{ columns, rows }} keyOf={(each) => rows.indexOf(each)} />
      {left > 0 && <p class="muted">and {left} others</p>}
    </>
  );
}

function responseOf({ status, type, where }: StoredExplained) {
  return (
    <>
      {status} {type ?? ""} <span class="muted">{where === "memory" ? "in memory" : "on disk"}</span>
    </>
  );
}

function variantOf({ variant }: StoredExplained): string {
  if (variant.length === 0) return "–";
  return variant.map(([name, value]) => (value === null ? `no ${name}` : `${name}: ${value}`)).join(", ");
}

function freshnessOf({ remaining, lifetime, lifetimeSource, revalidateAlways }: StoredExplained): string {
  if (revalidateAlways) return "asked about each time";
  if (remaining > 0) return `fresh for ${readableDuration(remaining * 1000)} (${lifetimeSource})`;
  return lifetime > 0
    ? `stale for ${readableDuration(-remaining * 1000)} (${lifetimeSource})`
    : "never fresh";
}
