import { describe, expect, test } from "bun:test";
import { SourceError } from "../../../src/cli/warm/source-error.ts";
import { namedIn, wholeText } from "../../../src/cli/warm/source-text.ts";

const bytes = (text: string) => [Uint8Array.from(Buffer.from(text))];
const packed = (text: string) => [Uint8Array.from(Bun.gzipSync(Buffer.from(text)))];
const singly = ([whole]: readonly Uint8Array[]) => Array.from(whole ?? [], (byte) => Uint8Array.of(byte));
const urls = async (source: Parameters<typeof namedIn>[0], most = 10_000) =>
  (await Array.fromAsync(namedIn(source, most))).map(({ url }) => url);

const sitemap = "\ufeff \n<urlset><url><loc>/a</loc></url><url><loc>/ü</loc></url></urlset>";
const list = "/a\r\n# a comment\n\n  /ü  \n";

describe("a source is read as what it turns out to be", () => {
  test.each([
    ["a sitemap", bytes(sitemap)],
    ["a sitemap that is packed", packed(sitemap)],
    ["a list", bytes(list)],
    ["a list without an end of its last line", bytes(list.trimEnd())],
    ["a list that is packed", packed(list)],
  ])("%s, in one piece or byte by byte", async (_, source) => {
    expect(await urls(source)).toEqual(["/a", "/ü"]);
    expect(await urls(singly(source))).toEqual(["/a", "/ü"]);
  });

  test.each([
    ["nothing at all", bytes("")],
    ["space", bytes(" \n\n")],
    ["one byte", [Uint8Array.of(32)]],
  ])("%s names nothing", async (_, source) => expect(await urls(source)).toEqual([]));
});

test("space before it is passed over once, however much it is and however it comes", async () => {
  const space = Uint8Array.from(Buffer.alloc(1024, " "));
  const source = [...Array.from({ length: 20_000 }, () => space), ...bytes(sitemap)];
  expect(await urls(source, 50_000_000)).toEqual(["/a", "/ü"]);
}, 5_000);

describe("it is not read to its end where", () => {
  test.each<[string, Parameters<typeof namedIn>[0], string]>([
    ["it is longer than it may be, unpacked", packed("/a\n".repeat(2_000_000)), "is longer than 3 MB"],
    [
      "what is packed is cut short",
      [packed(list)[0]?.slice(0, -12) ?? new Uint8Array()],
      "cannot be unpacked",
    ],
    ["it only begins as if it were packed", [Uint8Array.of(0x1f, 0x8b, 1, 2, 3)], "cannot be unpacked"],
  ])("%s", async (_, source, message) => {
    const reading = urls(source, 3_145_728);
    await expect(reading).rejects.toBeInstanceOf(SourceError);
    await expect(reading).rejects.toThrow(message);
  });

  test("but what was named before that is told", async () => {
    const told: string[] = [];
    const reading = (async () => {
      for await (const { url } of namedIn(bytes("<urlset><url><loc>/a</loc></url><oops"), 1000))
        told.push(url);
    })();
    await expect(reading).rejects.toThrow("line 1");
    expect(told).toEqual(["/a"]);
  });
});

test("a line that is no end of is cut, and held no longer than that", async () => {
  const line = Uint8Array.from(Buffer.alloc(10_000, "x"));
  const [url = ""] = await urls(
    Array.from({ length: 100 }, () => line),
    10_000_000,
  );
  expect(url).toHaveLength(8192);
});

test("a text is read whole, unless it is too long", async () => {
  expect(await wholeText(packed("abc"), 3)).toBe("abc");
  await expect(wholeText(bytes("abcd"), 3)).rejects.toThrow("is longer than");
});
