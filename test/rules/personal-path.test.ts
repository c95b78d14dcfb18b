import { expect, test } from "bun:test";
import { isPagePart } from "../../src/rules/page-part.ts";
import { personalSegment } from "../../src/rules/personal-path.ts";

test.each([
  ["/account", "account"],
  ["/de/my-account/orders", "my-account"],
  ["/shop/Cart?added=1", "Cart"],
  ["/shopping-cart", "shopping-cart"],
  ["/checkout.php", "checkout.php"],
  ["/wp-login.php?redirect_to=/", "wp-login.php"],
  ["/blog/wp-admin/admin-ajax.php", "wp-admin"],
  ["/%63art/", "cart"],
  ["/my_wishes", "my_wishes"],
  ["/mein-konto", "mein-konto"],
])("%s looks as if it were one visitor's by %s", (path, segment) => {
  expect(personalSegment(path)).toBe(segment);
});

test.each([
  "/",
  "/blog/shopping-carts-compared",
  "/search?q=/cart",
  "/accounting",
  "/wp-json/wp/v2/posts",
  "/administration",
  "/products/order-book",
  "/mysql",
  "/%zz",
])("%s looks like everybody's", (path) => {
  expect(personalSegment(path)).toBeNull();
});

test("pictures, fonts, styles and scripts are what pages are made of; pages and data are not", () => {
  const parts = [
    "image/png",
    "IMAGE/SVG+XML",
    "font/woff2",
    "text/css; charset=utf-8",
    "application/javascript",
  ];
  expect(parts.filter(isPagePart)).toEqual(parts);
  const others = ["text/html", "application/json", "", null, "text/x-image/png"];
  expect(others.filter(isPagePart)).toEqual([]);
});
