import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { fieldsOf } from "../../src/rules/fields.ts";
import { answerFromStore } from "../../src/serve/answer/from-store.ts";
import { multipartBody } from "../../src/serve/answer/stored-body.ts";
import { createTransit, type Transit } from "../../src/serve/answer/transit.ts";
import type { Found } from "../../src/store/tier.ts";
import { ask, connectTo, get, type RawResponse, requestText } from "../fixtures/raw-client.ts";
import { policy } from "../store/samples.ts";

/** Bodies that lie in files: Bun's server has ideas of its own about those. */

const size = 1_500_000;
const bytes = Uint8Array.from({ length: size }, (_, index) => (index * 7 + (index >> 9)) & 255);
/** What an untyped body and several ranges are read into; null refuses it. */
let transit: Transit;
let directory: string;
let server: ReturnType<typeof Bun.serve>;

function found(contentType: string | null, disposition: string | null): Found {
  const fields: [string, string][] = [["date", "Thu, 01 Jan 2026 12:00:00 GMT"]];
  if (contentType !== null) fields.push(["content-type", contentType]);
  if (disposition !== null) fields.push(["content-disposition", disposition]);
  return {
    response: {
      id: "secret-name",
      primaryKey: "/",
      variantKey: "",
      status: 200,
      fields,
      policy: policy({}),
      size,
      version: 0,
    },
    body: { kind: "file", path: join(directory, "secret-name") },
  };
}

beforeEach(() => {
  transit = createTransit(16 * 1024 * 1024);
});
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "stored-file-"));
  await Bun.write(join(directory, "secret-name"), bytes);
  server = Bun.serve({
    port: 0,
    development: false,
    fetch(request) {
      const { searchParams } = new URL(request.url);
      const lying = found(searchParams.get("type"), searchParams.get("disposition"));
      const inMemory = { ...lying, body: { kind: "memory", bytes } } as const;
      const stored = new URL(request.url).pathname === "/memory" ? inMemory : lying;
      const telling = { word: "HIT", reason: "hit-fresh", facts: { hit: true } } as const;
      const inbound = { method: request.method, fields: fieldsOf([...request.headers]) };
      return answerFromStore(inbound, stored, telling, 0, { newBoundary: () => "boundary", transit })
        .response;
    },
  });
});
afterAll(async () => {
  await server.stop(true);
  rmSync(directory, { recursive: true });
});

const shownTypes = [
  "text/html",
  "image/png",
  "video/mp4",
  "font/woff2",
  "application/json",
  "application/json;charset=utf-8",
];

/** Bun's server would name the file of those. */
const otherTypes = [
  "TEXT/HTML",
  "application/javascript",
  "application/pdf",
  "application/octet-stream",
  "application/zip",
  "application/gzip",
  "application/java-archive",
  "application/vnd.android.package-archive",
  "application/vnd.debian.binary-package",
  "application/x-iso9660-image",
  "application/x-unknown",
  "model/gltf+json",
  "multipart/mixed; boundary=x",
  "message/rfc822",
  "nonsense",
];

const large = { whole: {}, part: { Range: "bytes=100000-1299999" } };

describe.each([...shownTypes, ...otherTypes])("a stored file of type %p", (type) => {
  const query = `type=${encodeURIComponent(type)}`;
  const disposition = otherTypes.includes(type) ? "inline" : null;

  test.each(Object.entries(large))("%s: has its length, and not the name of the file", async (_, range) => {
    const answer = await get(server.port ?? 0, `/?${query}`, range);
    const expected = "Range" in range ? bytes.slice(100_000, 1_300_000) : bytes;
    expect(answer.field("content-length")).toBe(`${expected.byteLength}`);
    expect(answer.field("content-disposition")).toBe(disposition);
    expect(answer.fields.filter(([name]) => name.toLowerCase() === "content-type")).toEqual([
      [expect.any(String), type],
    ]);
    expect(Bun.hash(answer.body)).toBe(Bun.hash(expected));
  });

  test("HEAD says what GET says", async () => {
    const text = requestText("HEAD", `/?${query}`);
    const [head, whole] = [await ask(server.port ?? 0, text), await get(server.port ?? 0, `/?${query}`)];
    const told = ["content-length", "content-type", "content-disposition"] as const;
    expect(told.map((name) => head.field(name))).toEqual(told.map((name) => whole.field(name)));
  });

  test.each(["attachment", "inline; filename=x", ""])(
    "keeps the Content-Disposition that the origin gave: %j",
    async (given) => {
      const answer = await get(server.port ?? 0, `/?${query}&disposition=${encodeURIComponent(given)}`);
      expect(answer.field("content-disposition")).toBe(given);
      expect(answer.field("content-length")).toBe(`${size}`);
      expect(Bun.hash(answer.body)).toBe(Bun.hash(bytes));
    },
  );

  test("a part that is read at once has its length too", async () => {
    const answer = await get(server.port ?? 0, `/?${query}`, { Range: "bytes=1000-1999" });
    expect([answer.status, answer.field("content-length")]).toEqual([206, "1000"]);
    expect(Bun.hash(answer.body)).toBe(Bun.hash(bytes.slice(1000, 2000)));
  });
});

/** Whether there is room for what is to be read before it is sent. */
const rooms = [true, false];
/** The server hears of the end a moment after the client. */
async function untilGivenBack(): Promise<void> {
  while (transit.bytes > 0) await nextTurn();
}

const noRoom = () => {
  transit = createTransit(1000);
};

describe.each(rooms)("several parts of a file, with room for them: %p", (isRoomy) => {
  test.each([
    ["together no more than is read at once", "0-99999,200000-299999"],
    ["more", "0-199999,300000-499999"],
  ])("%s", async (amount, ranges) => {
    if (!isRoomy) noRoom();
    const answer = await get(server.port ?? 0, "/?type=application/zip", { Range: `bytes=${ranges}` });
    expect([answer.status, answer.complete]).toEqual([206, true]);
    expect(answer.field("content-type")).toStartWith("multipart/byteranges");
    expect(answer.field("content-disposition")).toBeNull();
    const hasLength = isRoomy || amount !== "more";
    expect(answer.field("content-length")).toBe(hasLength ? `${answer.body.byteLength}` : null);
    for (const range of ranges.split(",")) {
      const [start = 0, last = 0] = range.split("-").map(Number);
      expect(Buffer.from(answer.body).indexOf(bytes.subarray(start, last + 1))).toBeGreaterThan(0);
    }
    await untilGivenBack();
  });
});

test("several parts of a file that is removed after the first all come", async () => {
  const path = join(directory, "removed");
  await Bun.write(path, bytes);
  const pieces = [{ start: 0, end: 700_000 }, new Uint8Array([1, 2, 3]), { start: 800_000, end: 1_400_000 }];
  const body = multipartBody({ kind: "file", path }, pieces, 1_300_003, createTransit(1000));
  if (!(body instanceof ReadableStream)) throw new Error("it should be a stream");
  const reader = body.getReader();
  const chunks = [(await reader.read()).value ?? new Uint8Array()];
  rmSync(path);
  for (let next = await reader.read(); next.value !== undefined; next = await reader.read())
    chunks.push(next.value);
  const expected = [
    bytes.subarray(0, 700_000),
    new Uint8Array([1, 2, 3]),
    bytes.subarray(800_000, 1_400_000),
  ];
  expect(Bun.hash(Buffer.concat(chunks))).toBe(Bun.hash(Buffer.concat(expected)));
});

describe("a stored body without a type, or with an empty one, gets none", () => {
  const types = [null, ""];
  const typesOf = (answer: RawResponse) =>
    answer.fields.filter(([name]) => name.toLowerCase() === "content-type").map(([, value]) => value);

  test.each(types.flatMap((type) => rooms.map((isRoomy) => [type, isRoomy] as const)))(
    "in a file: %p, with its length where there is room: %p",
    async (type, isRoomy) => {
      if (!isRoomy) noRoom();
      const query = type === null ? "" : "type=";
      for (const [range, expected] of [
        [{}, bytes],
        [{ Range: "bytes=100000-1299999" }, bytes.slice(100_000, 1_300_000)],
      ] as const) {
        const answer = await get(server.port ?? 0, `/?${query}`, range);
        expect([answer.field("content-disposition"), typesOf(answer)]).toEqual([
          null,
          type === null ? [] : [""],
        ]);
        expect(answer.field("content-length")).toBe(isRoomy ? `${expected.byteLength}` : null);
        expect(Bun.hash(answer.body)).toBe(Bun.hash(expected));
        await untilGivenBack();
      }
    },
  );

  test("and comes whole though its file is removed meanwhile", async () => {
    noRoom();
    const path = join(directory, "secret-name");
    const client = await connectTo(server.port ?? 0);
    await client.send(requestText("GET", "/"));
    await client.head();
    rmSync(path);
    // The rest of the chunks, of which the first says how long it is.
    let received = 0;
    for (
      let chunk = await client.some();
      chunk !== undefined && received < size;
      chunk = await client.some()
    ) {
      received += chunk.byteLength;
    }
    expect(received).toBeGreaterThanOrEqual(size);
    client.close();
    await Bun.write(path, bytes);
  });

  test.each(types)("in memory, with its length: %p", async (type) => {
    const query = type === null ? "" : "type=";
    for (const [range, length] of [
      [{}, size],
      [{ Range: "bytes=0-99999" }, 100_000],
      [{ Range: "bytes=5-9" }, 5],
    ] as const) {
      const answer = await get(server.port ?? 0, `/memory?${query}`, range);
      expect([answer.field("content-length"), typesOf(answer)]).toEqual([
        `${length}`,
        type === null ? [] : [""],
      ]);
      expect(answer.body.byteLength).toBe(length);
    }
  });
});
