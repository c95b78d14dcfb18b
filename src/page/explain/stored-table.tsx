import { readableBytes, readableDuration } from "../../control/amounts.ts";
import type { StoredExplained } from "../../control/explanation.ts";

/** A page with a hundred variants is not shown whole. */
const mostShown = 20;

/** What is stored under the key, and which of it the request selects. */
export function StoredTable({ stored }: { readonly stored: readonly StoredExplained[] }) {
  const shown = stored.slice(0, mostShown);
  return (
    <div class="table-scroll">
      <table>
        <thead>
          <tr>
            <th scope="col">Response</th>
            <th scope="col">Variant</th>
            <th scope="col" class="number">
              Size
            </th>
            <th scope="col" class="number">
              Age
            </th>
            <th scope="col">Freshness</th>
            <th scope="col">For this request</th>
          </tr>
        </thead>
        <tbody>
          {shown.map((each, index) => (
            <Row key={index} stored={each} />
          ))}
        </tbody>
      </table>
      {stored.length > shown.length && <p class="muted">and {stored.length - shown.length} others</p>}
    </div>
  );
}

function Row({ stored }: { readonly stored: StoredExplained }) {
  const { status, where, type, isPartial, held, size, age, isSelected, withheld } = stored;
  return (
    <tr>
      <td data-title="Response">
        {status} {type ?? ""} <span class="muted">{where === "memory" ? "in memory" : "on disk"}</span>
      </td>
      <td data-title="Variant">{variantOf(stored)}</td>
      <td data-title="Size" class="number">
        {isPartial ? `${readableBytes(held)} of ` : ""}
        {readableBytes(size)}
      </td>
      <td data-title="Age" class="number">
        {readableDuration(age * 1000)}
      </td>
      <td data-title="Freshness">{freshnessOf(stored)}</td>
      <td data-title="For this request">{isSelected ? "selected" : (withheld ?? "not selected")}</td>
    </tr>
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
