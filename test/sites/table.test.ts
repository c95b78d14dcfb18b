import { expect, test } from "bun:test";
import { compileSites } from "../../src/sites/table.ts";
import { identity, planOf, site } from "./plans.ts";

const shops = planOf([
  site({ name: "shop", hosts: ["shop.example", "*.shop.example"] }),
  site({ name: "pictures", hosts: ["*.img.shop.example", "a.b.shop.example"] }),
  site({ name: "rest", hosts: [] }),
  site({ name: "address", hosts: ["[::1]", "10.0.0.1"] }),
]);

test.each([
  ["shop.example", "shop"],
  ["shop.example:8080", "shop"],
  ["www.shop.example", "shop"],
  ["x.y.shop.example:8080", "shop"],
  ["1.img.shop.example", "pictures"],
  ["img.shop.example", "shop"],
  ["a.b.shop.example", "pictures"],
  ["shop.example.", "shop"],
  ["www.shop.example.:8080", "shop"],
  ["[::1]:3000", "address"],
  ["[::1]", "address"],
  ["[::2]", "rest"],
  ["10.0.0.1:80", "address"],
  ["example", "rest"],
  ["notshop.example", "rest"],
  ["", "rest"],
])("the site that names a host most exactly answers it: %s is of %s", (host, name) => {
  expect(compileSites(shops, identity).siteFor(host)?.name).toBe(name);
});

test("a host that no site names has none, unless one site names none", () => {
  const table = compileSites(planOf([site({ name: "shop", hosts: ["shop.example"] })]), identity);
  expect(table.siteFor("other.example")).toBeNull();
  expect(table.siteFor("")).toBeNull();
  expect(compileSites(planOf([site({})]), identity).siteFor("other.example")?.name).toBe("");
});
