import type { ComponentType } from "preact";
import { Causes } from "./causes/causes.tsx";
import { Entries } from "./entries/entries.tsx";
import { Explain } from "./explain/explain.tsx";
import { Fleet } from "./fleet/fleet.tsx";
import { Overview } from "./overview/overview.tsx";
import { Requests } from "./requests/requests.tsx";

/** One of the parts that one sees at a time. */
export interface Section {
  /** As in its address: "causes" of "#/causes". */
  readonly name: string;
  /** As its link is called, and as its heading. */
  readonly label: string;
  readonly title: string;
  readonly Content: ComponentType;
}

export const sections: readonly Section[] = [
  { name: "", label: "Overview", title: "Overview", Content: Overview },
  { name: "causes", label: "Why not", title: "Why requests were no hits", Content: Causes },
  { name: "requests", label: "Requests", title: "The last requests", Content: Requests },
  { name: "explain", label: "Explain", title: "Explain an answer", Content: Explain },
  { name: "entries", label: "Stored", title: "What is stored", Content: Entries },
  { name: "fleet", label: "Origins", title: "Origins and processes", Content: Fleet },
];

/** Null where there is none of that name. */
export function sectionOf(name: string): Section | null {
  return sections.find((section) => section.name === name) ?? null;
}
