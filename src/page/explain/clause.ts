/** Where a clause such as "RFC 9111 §4.2" can be read; undefined where it is none of an RFC. */
export function whereToRead(clause: string): string | undefined {
  const [, number, section] = /^RFC (\d+)(?: §([\d.]+))?$/.exec(clause) ?? [];
  if (number === undefined) return undefined;
  const place = section === undefined ? "" : `#section-${section}`;
  return `https://www.rfc-editor.org/rfc/rfc${number}.html${place}`;
}
