/**
 * A text with its percent-encoding taken off once, as a server reads it. What is no encoding of a character stays as it
 * is written: "%zz", "100%", "%ff".
 */
export function percentDecoded(text: string): string {
  return text.includes("%") ? text.replace(/(?:%[0-9a-f]{2})+/gi, decodedRun) : text;
}

function decodedRun(run: string): string {
  try {
    return decodeURIComponent(run);
  } catch (error) {
    if (!(error instanceof URIError)) throw error;
    // Somewhere in it are bytes that are no UTF-8. ASCII beside them is decoded nevertheless: no server stumbles over it.
    return run.replace(/%[0-7][0-9a-f]/gi, decodeURIComponent);
  }
}
