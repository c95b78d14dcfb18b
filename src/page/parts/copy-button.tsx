import { useState } from "preact/hooks";

/** Puts text on the clipboard, and says that it has, or that it may not. */
export function CopyButton({ text, label = "Copy" }: { readonly text: string; readonly label?: string }) {
  const [told, setTold] = useState<string | null>(null);
  async function copy() {
    try {
      await navigator.clipboard.writeText(text);
      setTold("Copied");
    } catch {
      // Browsers give the clipboard only to pages from localhost or by https.
      setTold("Select it and copy by hand: the browser gives this page no clipboard");
    }
  }
  return (
    <button class="small" type="button" onClick={() => void copy()}>
      <span aria-live="polite">{told ?? label}</span>
    </button>
  );
}
