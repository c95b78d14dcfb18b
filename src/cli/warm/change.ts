/** Something that several wait for, and that happens again and again. */
export interface Change {
  /** Resolves when it happens next. */
  next(): Promise<void>;
  /** It happens now: whoever waits goes on, and looks whether that is what was waited for. */
  happen(): void;
}

export function createChange(): Change {
  let waiting = Promise.withResolvers<void>();
  return {
    next: () => waiting.promise,
    happen() {
      waiting.resolve();
      waiting = Promise.withResolvers<void>();
    },
  };
}
