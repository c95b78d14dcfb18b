import { useState } from "preact/hooks";
import { Choice } from "../parts/choice.tsx";
import { type RemovalKind, removalKinds, removalOfForm } from "./removal.ts";
import type { Intent } from "./removal-dialog.tsx";

const labels: Readonly<Record<RemovalKind, { readonly name: string; readonly example: string }>> = {
  url: { name: "URL or path", example: "/news.html" },
  prefix: { name: "Beginning", example: "/img/" },
  tag: { name: "Tag", example: "product-42" },
  site: { name: "Site", example: "shop" },
  all: { name: "Everything", example: "" },
};

interface PurgeFormProps {
  readonly sites: readonly string[];
  readonly onIntent: (intent: Intent) => void;
}

/** Purges what is named, after it was asked whether that is meant. */
export function PurgeForm({ sites, onIntent }: PurgeFormProps) {
  const [kind, setKind] = useState<RemovalKind>("url");
  const [text, setText] = useState("");
  const [site, setSite] = useState("");
  const removal = removalOfForm(kind, text, site);
  const propose = (soft: boolean) => {
    if (removal !== null) onIntent({ removal, soft });
  };
  const kinds = removalKinds.map((each) => [each, labels[each].name] as const);
  const places = [["", "any"] as const, ...sites.map((each) => [each, each] as const)];
  return (
    <form
      class="purge-form"
      aria-label="Purge"
      onSubmit={(event) => {
        event.preventDefault();
        propose(false);
      }}
    >
      <Choice {...{ label: "By", options: kinds, value: kind }} onChoice={setKind} />
      {kind === "all" ? null : (
        <label class="field grow">
          <span>{labels[kind].name}</span>
          <input
            value={text}
            placeholder={labels[kind].example}
            autocomplete="off"
            spellcheck={false}
            onInput={(event) => setText(event.currentTarget.value)}
          />
        </label>
      )}
      {sites.length < 2 || kind === "site" ? null : (
        <Choice {...{ label: "Of the site", options: places, value: site }} onChoice={setSite} />
      )}
      <button type="button" disabled={removal === null} onClick={() => propose(true)}>
        Make stale…
      </button>
      <button type="submit" class="danger" disabled={removal === null}>
        Purge…
      </button>
    </form>
  );
}
