import { useEffect, useRef, useState } from "preact/hooks";
import { ask, wordsOf } from "./session.ts";

/** What was told last. */
export interface Look<Answer> {
  readonly answer: Answer | null;
  /** By the page's clock. */
  readonly toldAt: number;
  /** "" where all is well. */
  readonly error: string;
  /** It is being asked for. */
  readonly isAsked: boolean;
}

/** Somebody who types is waited for so long, in milliseconds: each answer costs more than a moment. */
export const typingMilliseconds = 200;

/**
 * What a path answers, asked anew when it or the turn changes, and at no other time: at once with another turn, else when
 * nobody types any more. What was told before stays until then. Of null nothing is asked.
 */
export function useLook<Answer>(path: string | null, turn: number): Look<Answer> {
  const [look, setLook] = useState<Look<Answer>>({ answer: null, toldAt: 0, error: "", isAsked: false });
  const lastTurn = useRef<number | null>(null);
  useEffect(() => {
    if (path === null) {
      setLook((known) => ({ ...known, isAsked: false }));
      return;
    }
    const abort = new AbortController();
    const asking = async (): Promise<void> => {
      setLook((known) => ({ ...known, isAsked: true }));
      try {
        const answer = await ask<Answer>(path, abort.signal);
        if (!abort.signal.aborted) setLook({ answer, toldAt: Date.now(), error: "", isAsked: false });
      } catch (failure) {
        if (abort.signal.aborted) return;
        setLook((known) => ({ ...known, error: wordsOf(failure), isAsked: false }));
      }
    };
    const isTyping = lastTurn.current === turn;
    lastTurn.current = turn;
    const timer = setTimeout(() => void asking(), isTyping ? typingMilliseconds : 0);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [path, turn]);
  return look;
}
