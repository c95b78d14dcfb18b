import { readableMilliseconds } from "../../control/amounts.ts";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import type { PurgeAnswer } from "../../control/purge.ts";
import { purgedLine } from "../../control/purge-words.ts";
import { Notice } from "../parts/notice.tsx";
import { order, wordsOf } from "../session.ts";
import type { Removal } from "./removal.ts";

/** What somebody is about to do. */
export interface Intent {
  readonly removal: Removal;
  /** What may be used stale stays, and is stale. */
  readonly soft: boolean;
}

interface RemovalDialogProps {
  readonly intent: Intent;
  /** Nothing was done. */
  readonly onKept: () => void;
  /** What was done, in a sentence. */
  readonly onDone: (sentence: string) => void;
}

/** Asks whether that is really to go, and says first what would. Escape keeps all. */
export function RemovalDialog({ intent, onKept, onDone }: RemovalDialogProps) {
  const { removal, soft } = intent;
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useId();
  const [typed, setTyped] = useState("");
  const [isRunning, setRunning] = useState(false);
  const [error, setError] = useState("");
  const would = useForesight(intent, setError);
  const verb = soft ? "Make stale" : "Purge";

  useEffect(() => {
    const shown = dialog.current;
    shown?.showModal();
    // The browser brings whoever uses the keyboard back to where he came from.
    return () => shown?.close();
  }, []);

  const purge = async () => {
    setRunning(true);
    try {
      onDone(doneIn(await order<PurgeAnswer>("purge", { ...removal.request, soft })));
    } catch (failure) {
      setError(wordsOf(failure));
      setRunning(false);
    }
  };
  return (
    <dialog ref={dialog} aria-labelledby={heading} onClose={onKept}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void purge();
        }}
      >
        <h2 id={heading}>{verb}?</h2>
        <p class="what">{removal.what}</p>
        <p role="status">{would ?? "Looking what that is…"}</p>
        {removal.typed === null ? null : <Typed word={removal.typed} typed={typed} onTyped={setTyped} />}
        {error === "" ? null : <Notice tone="bad">{error}</Notice>}
        <p class="dialog-buttons">
          <button type="button" onClick={onKept}>
            Keep it
          </button>
          <button
            type="submit"
            class="danger"
            disabled={isRunning || (removal.typed !== null && typed.trim() !== removal.typed)}
          >
            {verb}
          </button>
        </p>
      </form>
    </dialog>
  );
}

interface TypedProps {
  readonly word: string;
  readonly typed: string;
  readonly onTyped: (typed: string) => void;
}

function Typed({ word, typed, onTyped }: TypedProps) {
  return (
    <label class="field">
      <span>
        Type <strong>{word}</strong> to go on
      </span>
      <input
        value={typed}
        autocomplete="off"
        spellcheck={false}
        onInput={(event) => onTyped(event.currentTarget.value)}
      />
    </label>
  );
}

/** "This would remove 3 (2 whole, 1 in part): /a of every host."; null until it is known. */
function useForesight({ removal, soft }: Intent, tellError: (error: string) => void): string | null {
  const [would, setWould] = useState<string | null>(null);
  useEffect(() => {
    let isWanted = true;
    const look = async () => {
      try {
        const answer = await order<PurgeAnswer>("purge", { ...removal.request, soft, dryRun: true });
        if (isWanted) setWould(`This ${purgedLine(answer)}: ${answer.lookedFor}.`);
      } catch (failure) {
        if (isWanted) tellError(wordsOf(failure));
      }
    };
    void look();
    return () => {
      isWanted = false;
    };
  }, [removal, soft, tellError]);
  return would;
}

/** "Removed 3: /a of every host, in 4 ms." */
function doneIn(answer: PurgeAnswer): string {
  const line = purgedLine(answer);
  const said = line.slice(0, 1).toUpperCase() + line.slice(1);
  return `${said}: ${answer.lookedFor}, in ${readableMilliseconds(answer.milliseconds)}.`;
}
