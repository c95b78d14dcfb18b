/** Whether a media type is of what pages are made of: pictures, fonts, styles, scripts. These are seldom anybody's own. */
export function isPagePart(type: string | null): boolean {
  return /^(image|font|audio|video)\/|^text\/css|javascript/i.test(type ?? "");
}
