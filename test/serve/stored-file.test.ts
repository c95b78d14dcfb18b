import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fieldsOf } from "../../src/rules/fields.ts";
import { answerFromStore } from "../../src/serve/stored.ts";
import type { Found } from "../../src/store/store.ts";
import { get } from "../fixtures/raw-client.ts";
import { policy } from "../store/samples.ts";

/** Bodies that lie in files: Bun's server has ideas of its own about those. */

const size = 1_500_000;
const bytes = Uint8Array.from({ length: size }, (_, index) => (index * 7 + (index >> 9)) & 255);
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
      storedAt: 0,
    },
    body: { kind: "file", path: join(directory, "secret-name") },
  };
}

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "stored-file-"));
  await Bun.write(join(directory, "secret-name"), bytes);
  server = Bun.serve({
    port: 0,
    development: false,
    fetch(request) {
      const { searchParams } = new URL(request.url);
      const stored = found(searchParams.get("type"), searchParams.get("disposition"));
      const telling = { word: "HIT", reason: "hit-fresh", facts: { hit: true } } as const;
      const inbound = { method: request.method, fields: fieldsOf([...request.headers]) };
      return answerFromStore(inbound, stored, telling, 0, () => "boundary").response;
    },
  });
});
afterAll(async () => {
  await server.stop(true);
  rmSync(directory, { recursive: true });
});

const types = [
  "text/html",
  "TEXT/HTML",
  "image/png",
  "video/mp4",
  "font/woff2",
  "application/json",
  "application/json;charset=utf-8",
  "application/javascript",
  "application/pdf",
  "application/octet-stream",
  "application/zip",
  "application/x-unknown",
  "model/gltf+json",
  null,
];

describe.each(types)("a stored file of type %p", (type) => {
  const query = type === null ? "" : `type=${encodeURIComponent(type)}`;

  test("comes whole, with no Content-Disposition and no type but its own", async () => {
    const answer = await get(server.port ?? 0, `/?${query}`);
    expect([answer.status, answer.field("content-disposition")]).toEqual([200, null]);
    expect(answer.field("content-type")).toBe(type);
    expect(Bun.hash(answer.body)).toBe(Bun.hash(bytes));
  });

  test("comes in part, with no Content-Disposition and no type but its own", async () => {
    const answer = await get(server.port ?? 0, `/?${query}`, { Range: "bytes=100000-1299999" });
    expect([answer.status, answer.field("content-disposition")]).toEqual([206, null]);
    expect(answer.field("content-type")).toBe(type);
    expect(Bun.hash(answer.body)).toBe(Bun.hash(bytes.slice(100_000, 1_300_000)));
  });

  test("keeps the Content-Disposition that the origin gave", async () => {
    const answer = await get(server.port ?? 0, `/?${query}&disposition=attachment`);
    expect(answer.field("content-disposition")).toBe("attachment");
    expect(Bun.hash(answer.body)).toBe(Bun.hash(bytes));
  });
});
