/** Longer values are worked out each time: a client must not fill the memory with them. */
const longestRemembered = 256;
const mostRemembered = 512;

/**
 * The same function of a text, with its latest results remembered: fields have the same few values again and again. The
 * results are shared, so they must not be changed.
 */
export function remembered<Result>(work: (text: string) => Result): (text: string) => Result {
  const results = new Map<string, Result>();
  return (text) => {
    const known = results.get(text);
    if (known !== undefined) return known;
    const result = work(text);
    if (text.length > longestRemembered) return result;
    if (results.size >= mostRemembered) results.clear();
    results.set(text, result);
    return result;
  };
}
