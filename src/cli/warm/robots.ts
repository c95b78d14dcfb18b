/** The URLs of its Sitemap lines (RFC 9309 §2.2.4, sitemaps.org), which belong to no group and may stand anywhere. */
export function sitemapsIn(robots: string): readonly string[] {
  const found = robots
    .replace(/^\ufeff/, "")
    .split(/\r\n|[\r\n]/)
    .map((line) => /^[ \t]*sitemap[ \t]*:[ \t]*(\S+)/i.exec(line)?.[1])
    .filter((url) => url !== undefined);
  return [...new Set(found)];
}
