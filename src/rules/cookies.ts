/**
 * Names of cookies that scripts in the page set for themselves, or that only say whether a banner was closed. Browsers
 * send them to the server, which does not know of them; as they are on nearly every site, caches would else be of no use.
 * "*" stands for any characters, "?" for one.
 */
const defaultTable: readonly (readonly [pattern: string, whose: string])[] = [
  ["_ga*", "Google Analytics, and _gac_ of Google Ads"],
  ["_gid", "Google Analytics"],
  ["_gat*", "Google Analytics"],
  ["_gcl_*", "Google Ads"],
  ["_fbp", "Meta Pixel"],
  ["_fbc", "Meta Pixel"],
  ["__utm?", "Google Analytics before 2012"],
  ["_hj*", "Hotjar"],
  ["_pk_*", "Matomo"],
  ["_cl??", "Microsoft Clarity"],
  ["_uet*", "Microsoft Advertising"],
  ["_ttp", "TikTok Pixel"],
  ["_tt_enable_cookie", "TikTok Pixel"],
  ["_pin_unauth", "Pinterest Tag"],
  ["_scid*", "Snap Pixel"],
  ["_rdt_uuid", "Reddit Pixel"],
  ["__hs*", "HubSpot"],
  ["hubspotutk", "HubSpot"],
  ["sbjs_*", "Sourcebuster, of WooCommerce's order attribution"],
  ["CookieConsent", "Cookiebot's banner"],
  ["OptanonConsent", "OneTrust's banner"],
  ["OptanonAlertBoxClosed", "OneTrust's banner"],
  ["euconsent-v2", "banners of the IAB's framework"],
  ["cookieconsent_status", "Osano's banner"],
  ["cookieyes-consent", "CookieYes' banner"],
  ["cookielawinfo-*", "CookieYes' banner for WordPress"],
  ["viewed_cookie_policy", "CookieYes' banner for WordPress"],
  ["cookie_notice_accepted", "Cookie Notice's banner for WordPress"],
  ["cmplz_*", "Complianz' banner for WordPress"],
  ["moove_gdpr_popup", "Moove's banner for WordPress"],
  ["borlabs-cookie", "Borlabs' banner for WordPress"],
  ["tarteaucitron", "tarteaucitron's banner"],
  ["axeptio_*", "Axeptio's banner"],
  ["didomi_token", "Didomi's banner"],
];

export const defaultIgnoredCookies: readonly string[] = defaultTable.map(([pattern]) => pattern);

/**
 * Matches the whole name of a cookie that one of the patterns stands for; nothing where there is none. Case counts.
 * "default" among them stands for all of the table.
 */
export function cookieMatcher(patterns: readonly string[]): RegExp {
  const all = patterns.flatMap((pattern) => (pattern === "default" ? defaultIgnoredCookies : [pattern]));
  const alternatives = all.map((pattern) =>
    pattern
      .replaceAll(/[^\w*?-]/g, "\\$&")
      .replaceAll("*", ".*")
      .replaceAll("?", "."),
  );
  return alternatives.length === 0 ? /(?!)/ : new RegExp(`^(?:${alternatives.join("|")})$`);
}
