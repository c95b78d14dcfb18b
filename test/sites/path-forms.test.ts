import { describe, expect, test } from "bun:test";
import { pathForms } from "../../src/sites/path-forms.ts";

describe("a path as it is written, and as a tidy server has it", () => {
  test.each([
    ["/", "/", "/"],
    ["/a/b", "/a/b", "/a/b"],
    ["/a/", "/a/", "/a/"],
    ["/wp-%61dmin/", "/wp-admin/", "/wp-admin/"],
    ["//wp-admin/", "//wp-admin/", "/wp-admin/"],
    ["/x//wp-admin", "/x//wp-admin", "/x/wp-admin"],
    ["/static%2F..%2fwp-admin/", "/static/../wp-admin/", "/wp-admin/"],
    ["/x/%2e/wp-admin", "/x/./wp-admin", "/x/wp-admin"],
    ["/..%2f..", "/../..", "/"],
    ["/a/..", "/a/..", "/"],
    ["/a/b/.", "/a/b/.", "/a/b/"],
    ["/a%5cb", "/a\\b", "/a/b"],
    ["/wp-admin;a=b/x;c", "/wp-admin;a=b/x;c", "/wp-admin/x"],
    ["/;a/b", "/;a/b", "/b"],
    ["//", "//", "/"],
    ["/100%", "/100%", "/100%"],
    ["/%zz%61", "/%zza", "/%zza"],
    ["/wp-%61dmin%ff", "/wp-admin%ff", "/wp-admin%ff"],
    ["/%61%ff%62", "/a%ffb", "/a%ffb"],
    ["/%e2%82%ac", "/€", "/€"],
    ["/%2561", "/%61", "/%61"],
    ["/a.b/..c", "/a.b/..c", "/a.b/..c"],
  ])("%s", (path, written, tidy) => {
    expect(pathForms(path, false)).toEqual({ written, tidy });
  });

  test("in lower case where case does not count", () => {
    expect(pathForms("/WP-%41dmin", true)).toEqual({ written: "/wp-admin", tidy: "/wp-admin" });
  });
});
