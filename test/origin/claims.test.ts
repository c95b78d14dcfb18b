import { describe, expect, test } from "bun:test";
import { claimOf } from "../../src/origin/claims.ts";

describe("what only the proxy before a server can know, no client may say", () => {
  test.each([
    "forwarded x-forwarded x-forwarded-for x-forwarded-host x-forwarded-user x-forwarded-anything forwarded-for",
    "x-original-forwarded-for x-real-ip x-client-ip client-ip x-cluster-client-ip true-client-ip x-originating-ip",
    "x-remote-ip x-remote-addr x-proxyuser-ip cf-connecting-ip cf-connecting-ipv6 fastly-client-ip x-azure-clientip",
    "x-scheme x-url-scheme front-end-https x-https cloudfront-forwarded-proto cf-visitor x-arr-ssl fastly-ssl",
    "remote-user x-remote-user x-webauth-user client-cert ssl-client-verify x-ssl-client-dn",
  ])("of itself: %s", (names) => {
    for (const name of names.split(" ")) expect([name, claimOf(name)]).toEqual([name, "client"]);
  });

  test.each([
    "x-original-url x-rewrite-url x-original-host x-original-uri x-original-method x-http-destinationurl",
    "x-http-path-override x-override-url x-proxy-url x-script-name base-url host-override x-http-host-override",
    "x-host x-backend x-backend-host",
  ])("of what it asks for: %s", (names) => {
    for (const name of names.split(" ")) expect([name, claimOf(name)]).toEqual([name, "target"]);
  });

  test.each([
    "proxy x-accel-redirect x-accel-mapping x-sendfile x-sendfile-type x-middleware-subrequest x-invoke-path",
    "x-invoke-status x-now-route-matches x-prerender-revalidate surrogate-capability",
  ])("of what goes on in the server: %s", (names) => {
    for (const name of names.split(" ")) expect([name, claimOf(name)]).toEqual([name, "server"]);
  });
});

test("what is to be done it may say where the answer is its own", () => {
  const names = ["x-http-method", "x-http-method-override", "x-method-override"];
  for (const name of [...names, "x-amz-website-redirect-location"]) expect(claimOf(name)).toBe("action");
});

test.each(
  (
    "accept accept-encoding authorization cookie host origin proxy-authorization range referer user-agent rsc " +
    "hx-request next-router-prefetch x-nextjs-data x-requested-with x-csrf-token x-api-key x-amz-date via " +
    "cdn-loop traceparent x-request-id x-hostname cf-access-client-id"
  ).split(" "),
)("%s claims nothing", (name) => {
  expect(claimOf(name)).toBeNull();
});
