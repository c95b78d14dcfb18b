import { describe, expect, test } from "bun:test";
import { type Loaded, loadSettings } from "../../src/config/load.ts";
import { printed } from "../../src/config/print.ts";
import { UsageError } from "../../src/config/usage-error.ts";
import { changeOf } from "../../src/supervisor/change.ts";
import { differenceOf } from "../../src/supervisor/difference.ts";
import { somePlan, someSettings } from "../supervisor/fake-workers.ts";

const secret = "a-secret-of-sixteen-letters-or-more";

interface Said {
  readonly file?: string;
  readonly flags?: Readonly<Record<string, string>>;
  readonly environment?: Readonly<Record<string, string>>;
}

function load({ file, flags = {}, environment = {} }: Said): Promise<Loaded> {
  const named = file === undefined ? {} : { configFile: { where: "--config", text: "c.toml" } };
  const written = Object.entries(flags).map(([name, text]) => [name, { where: `--${name}`, text }]);
  return loadSettings({
    flags: { ...named, ...Object.fromEntries(written) },
    environment,
    machine: { platform: "linux", cores: 1, terminal: false },
    readFile: async () => {
      if (file === undefined) throw Object.assign(new Error("no such file"), { code: "ENOENT" });
      return file;
    },
  });
}

async function refusalOf(said: Said): Promise<string> {
  const error: unknown = await load(said).catch((caught: unknown) => caught);
  if (!(error instanceof UsageError)) throw new Error("not refused", { cause: error });
  return error.message;
}

describe("the token of purges", () => {
  test.each<[string, string]>([
    ["the shortest", "x".repeat(16)],
    ["the longest", "x".repeat(256)],
    ["one with signs", `!"#$%&'()*+,-./:;<=>?@[]^_{|}~`],
  ])("is as it is written: %s", async (_, text) => {
    const { settings } = await load({
      environment: { CACHEPROXY_PURGE_TOKEN: text, CACHEPROXY_PURGE_FROM: "loopback" },
    });
    expect(settings.purgeToken).toBe(text);
    expect(settings.purgeFrom).toEqual(["127.0.0.0/8", "::1/128"]);
  });

  const wrong = ["too-short", "x".repeat(257), "a secret with some spaces", "ein-geheimes-wört-hier", ""];

  test.each<[where: string, (text: string) => Said]>([
    ["--purgeToken", (text) => ({ flags: { purgeToken: text } })],
    ["CACHEPROXY_PURGE_TOKEN", (text) => ({ environment: { CACHEPROXY_PURGE_TOKEN: text || " " } })],
    ["c.toml:1:15: purge-token", (text) => ({ file: `purge-token = ${JSON.stringify(text)}` })],
    ["c.toml:1:15: purge-token", (text) => ({ file: `purge-token = [${JSON.stringify(text)}]` })],
  ])("is told by %s where it is wrong, and not shown", async (where, said) => {
    for (const text of wrong) {
      const message = await refusalOf(said(text));
      expect(message).toBe(`${where} should be of 16 to 256 letters, digits and signs, without spaces`);
    }
  });

  test("is not printed, and what is printed in its place is none", async () => {
    const text = printed(await load({ file: `purge-token = "${secret}"\npurge-from = "loopback"` }));
    expect(text).not.toContain(secret);
    expect(text).toMatch(/^purge-token = "\*\*\*" +# c.toml:1$/m);
    expect(text).toMatch(/^purge-from = \["127.0.0.0\/8", "::1\/128"\] +# c.toml:2$/m);
    expect(await refusalOf({ file: text })).toContain("purge-token should be of 16 to 256");
  });

  test("changes by a reload, whose words do not show it", () => {
    const before = { settings: someSettings, plan: somePlan };
    const first = { settings: { ...someSettings, purgeToken: secret }, plan: somePlan };
    const second = { settings: { ...someSettings, purgeToken: `${secret}2` }, plan: somePlan };
    expect(differenceOf(before, first)).toEqual(["purge-token changed from nothing to a secret"]);
    expect(differenceOf(first, second)).toEqual(["purge-token changed"]);
    expect(changeOf(first, second)).toEqual({ configuration: second, needs: new Set(), notices: [] });
  });
});

describe("how to purge, where nobody may", () => {
  test.each<[Said, where: string]>([
    [{ flags: { purgeToken: secret } }, "--purgeToken"],
    [{ environment: { CACHEPROXY_PURGE_TOKEN: secret } }, "CACHEPROXY_PURGE_TOKEN"],
    [{ file: 'purge-path = "/purge"' }, "c.toml:1:14: purge-path"],
    [{ file: `purge-from = "off"\npurge-token = "${secret}"` }, "c.toml:2:15: purge-token"],
  ])("%#: is a mistake", async (said, where) => {
    expect(await refusalOf(said)).toBe(
      `${where} is of no use without --purge-from; there should be the networks that may purge`,
    );
  });

  test("is none where the path is off, and where the networks themselves are wrong these alone are told", async () => {
    expect((await load({ flags: { purgePath: "off" } })).settings.purgePath).toBeUndefined();
    const message = await refusalOf({ flags: { purgePath: "/purge", purgeFrom: "fastly" } });
    expect(message).toStartWith('--purgeFrom "fastly" should be networks such as');
    expect(message).not.toContain("\n");
  });
});
