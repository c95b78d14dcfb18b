/** Parameters by which advertisements and newsletters are told apart, and pages are not: "tracking" stands for them. */
export const trackingParameters: readonly string[] = [
  "utm_*", // Google Analytics, and all that read its names.
  "gclid", // Google Ads, and the next two of applications.
  "gbraid",
  "wbraid",
  "gclsrc",
  "dclid", // Google's Display & Video 360.
  "gad_source",
  "gad_campaignid",
  "srsltid", // Google's Merchant Center.
  "_ga",
  "_gl", // Google Analytics, from domain to domain.
  "fbclid", // Facebook.
  "igshid", // Instagram.
  "msclkid", // Microsoft Advertising.
  "ttclid", // TikTok.
  "twclid", // X.
  "li_fat_id", // LinkedIn.
  "epik", // Pinterest.
  "yclid", // Yandex.
  "ysclid",
  "mc_cid", // Mailchimp: the campaign, and who reads it.
  "mc_eid",
  "mkt_tok", // Marketo.
  "_hsenc", // HubSpot.
  "_hsmi",
  "hsCtaTracking",
  "_kx", // Klaviyo.
  "vero_id", // Vero.
  "_openstat", // OpenStat.
  "mtm_*", // Matomo.
  "pk_*", // Matomo as Piwik.
];
