/** What every command ends with. */
export const exitCode = { done: 0, trouble: 1, wrongUse: 2, nothingMatched: 3, notRunning: 3 } as const;

/** The same in words. */
export const exitCodesInWords: readonly { readonly code: number; readonly meaning: string }[] = [
  { code: exitCode.done, meaning: "it did what it was asked" },
  {
    code: exitCode.trouble,
    meaning: "there was trouble: the work could not be done, or what was looked at is wrong",
  },
  {
    code: exitCode.wrongUse,
    meaning: "wrong use: a word, an option, a value or the file is not right; nothing was done",
  },
  {
    code: exitCode.nothingMatched,
    meaning: "nothing matched what was asked for; of warm: no cacheproxy is running",
  },
];
