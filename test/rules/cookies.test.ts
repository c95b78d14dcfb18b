import { describe, expect, test } from "bun:test";
import { cookieMatcher, defaultIgnoredCookies } from "../../src/rules/cookies.ts";

describe("the cookies that are ignored by default", () => {
  const matcher = cookieMatcher(["default"]);
  /** For each pattern a name it is there for. */
  const names: Record<string, string> = {
    "_ga*": "_ga_0123ABC",
    _gid: "_gid",
    "_gat*": "_gat_gtag_UA_1_1",
    "_gcl_*": "_gcl_au",
    _fbp: "_fbp",
    _fbc: "_fbc",
    "__utm?": "__utmz",
    "_hj*": "_hjSessionUser_1",
    "_pk_*": "_pk_id.1.1fff",
    "_cl??": "_clsk",
    "_uet*": "_uetsid",
    _ttp: "_ttp",
    _tt_enable_cookie: "_tt_enable_cookie",
    _pin_unauth: "_pin_unauth",
    "_scid*": "_scid_r",
    _rdt_uuid: "_rdt_uuid",
    "__hs*": "__hstc",
    hubspotutk: "hubspotutk",
    "sbjs_*": "sbjs_first",
    CookieConsent: "CookieConsent",
    OptanonConsent: "OptanonConsent",
    OptanonAlertBoxClosed: "OptanonAlertBoxClosed",
    "euconsent-v2": "euconsent-v2",
    cookieconsent_status: "cookieconsent_status",
    "cookieyes-consent": "cookieyes-consent",
    "cookielawinfo-*": "cookielawinfo-checkbox-necessary",
    viewed_cookie_policy: "viewed_cookie_policy",
    cookie_notice_accepted: "cookie_notice_accepted",
    "cmplz_*": "cmplz_banner-status",
    moove_gdpr_popup: "moove_gdpr_popup",
    "borlabs-cookie": "borlabs-cookie",
    tarteaucitron: "tarteaucitron",
    "axeptio_*": "axeptio_cookies",
    didomi_token: "didomi_token",
  };

  test.each(Object.entries(names))("%s: %s", (_, name) => {
    expect(matcher.test(name)).toBe(true);
  });

  test("are these and no others", () => {
    expect(Object.keys(names)).toEqual([...defaultIgnoredCookies]);
    for (const name of [
      "session",
      "wordpress_logged_in_x",
      "PHPSESSID",
      "__utmzz",
      "_clx",
      "x_ga",
      "comment_author_1",
    ])
      expect([name, matcher.test(name)]).toEqual([name, false]);
  });
});

describe("a pattern stands for whole names", () => {
  const cases: [patterns: string[], name: string, matches: boolean][] = [
    [[], "a", false],
    [[], "", false],
    [["a"], "a", true],
    [["a"], "ab", false],
    [["a"], "A", false],
    [["a", "b"], "b", true],
    [["a*"], "a", true],
    [["*a"], "xa", true],
    [["a*c"], "abbbc", true],
    [["a?"], "ab", true],
    [["a?"], "a", false],
    [["a.b"], "axb", false],
    [["a+|^$"], "a+|^$", true],
    [["default", "mine"], "mine", true],
    [["default", "mine"], "_gid", true],
    [["mine"], "_gid", false],
  ];
  test.each(cases)("%j and %j: %j", (patterns, name, matches) => {
    expect(cookieMatcher(patterns).test(name)).toBe(matches);
  });
});
