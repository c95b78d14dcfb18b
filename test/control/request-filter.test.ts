import { describe, expect, test } from "bun:test";
import { UsageError } from "../../src/config/usage-error.ts";
import { requestFilter } from "../../src/control/request-filter.ts";
import type { RecordedRequest } from "../../src/control/requests.ts";

const request: RecordedRequest = {
  ...{ id: "2-4711", at: 0, site: "shop", cache: "MISS", reason: "set-cookie", forwarded: "uri-miss" },
  ...{ status: 503, method: "GET", protocol: "https", host: "www.shop.test", target: "/Cart/2?a=1" },
  ...{ isCut: false, bytes: 2_000_000, milliseconds: 250.5, firstByteMilliseconds: 100, client: "192.0.2.7" },
};

describe("a request is found", () => {
  test.each([
    "",
    "   ",
    "site=shop",
    "site=SHOP",
    "site=sh*",
    "site=blog,shop",
    "site!=blog",
    "site~ho",
    "cache=miss",
    "reason=set-cookie",
    "reason!=no-store,private",
    "forwarded=uri-*",
    "forwarded!=",
    "status=503",
    "status=5xx",
    "status=404,5XX",
    "status!=4xx",
    "status>=500",
    "status<504",
    "method=get",
    "protocol=https",
    "host=*.shop.test",
    "host~SHOP",
    "path=/Cart/2",
    "path=/Cart*/*",
    "path=/Cart/**",
    "path=/Cart/2?a=*",
    "path!=/cart/2",
    "path~cart",
    "path~a=1",
    "ms>250",
    "ms>250ms",
    "ms<1s",
    "ms!=200",
    "first-byte=100",
    "first-byte<=0.1s",
    "bytes>1MB",
    "bytes>=2000000",
    "client=192.0.2.7",
    "client~192.0.",
    "id=2-4711",
    "site=shop  cache=MISS\tms>200",
  ])("%p", (where) => {
    expect(requestFilter(where)(request)).toBe(true);
  });
});

describe("a request is not found", () => {
  test.each([
    "site=sho",
    "site=",
    "site!=shop",
    "site~blog",
    "cache=HIT,PASS",
    "forwarded=",
    "status=4xx",
    "status!=5xx",
    "status<500",
    "host=shop.test",
    "path=/Cart",
    "path=/cart/2",
    "path=/Cart*",
    "path=/Cart/2?b=*",
    "path~wish",
    "ms>251",
    "ms<=250",
    "first-byte>100",
    "bytes<1MB",
    "client!=192.0.2.7",
    "site=shop cache=HIT",
  ])("%p", (where) => {
    expect(requestFilter(where)(request)).toBe(false);
  });
});

test("what is not known of a request is empty", () => {
  const hit = { ...request, site: "", forwarded: null, client: null };
  expect(
    ["site=", "forwarded=", "client=", "client!=192.0.2.7"].map((where) => requestFilter(where)(hit)),
  ).toEqual([...[true, true, true, true]]);
});

describe("what is not understood is told in a line", () => {
  test.each([
    ["shop", '"shop" should be a condition such as site=shop or cache=MISS,PASS'],
    ["statsu=5xx", '"statsu=5xx" asks for what no request has; did you mean status?'],
    [
      "cookie=a",
      '"cookie=a" asks for what no request has; there are site, cache, reason, forwarded, status, method, host, path, ms, first-byte, bytes, client, protocol, id',
    ],
    ["ms>fast", '"ms>fast" should be a time such as ms>200 or ms>1.5s'],
    ["ms~2", '"ms~2" should be a time such as ms>200 or ms>1.5s'],
    ["bytes>1M", '"bytes>1M" should be a size such as bytes>4096 or bytes>1MB'],
    ["status=6xx", '"status=6xx" should be a status such as status=404, status=5xx or status>=400'],
    ["status>5xx", '"status>5xx" should be a status such as status=404, status=5xx or status>=400'],
    ["path=", '"path=" should be a path such as path=/cart, path=/img/** or path~search'],
    ["host>a", '"host>a" should be =, != or ~ (has it in it), with * and ? and with commas between several'],
    ["=a", '"=a" should be a condition such as site=shop or cache=MISS,PASS'],
  ])("%p", (where, line) => {
    expect(() => requestFilter(where)).toThrow(new UsageError(line));
  });

  test("each part has its line", () => {
    expect(() => requestFilter("ms>a site=shop bytes>b")).toThrow(/ms>200.*\n.*bytes>4096/);
  });
});
