import { describe, expect, test } from "bun:test";
import type { RawResponse } from "../fixtures/raw-client.ts";
import { complaintOf } from "./complaint.ts";
import { bytesOfVersion, namesOf, sizeOfVersion, type Target } from "./versions.ts";

const target: Target = { path: "/tag", naming: "tag", smallest: 1000 };
const size = sizeOfVersion(target, 5);

function answer(
  status: number,
  body: Uint8Array,
  fields: Record<string, string> = {},
  complete = true,
): RawResponse {
  const all = Object.entries({ ...namesOf(target, 5, 0), ...fields });
  const field = (name: string) => all.find(([each]) => each.toLowerCase() === name)?.[1] ?? null;
  return { status, fields: all, field, body, complete } as unknown as RawResponse;
}

function part(start: number, end: number): Record<string, string> {
  return { "Content-Range": `bytes ${start}-${end - 1}/${size}` };
}

function multipart(second: Uint8Array): RawResponse {
  const lines = (start: number, end: number) =>
    `\r\n--b\r\nContent-Range: bytes ${start}-${end - 1}/${size}\r\n\r\n`;
  const body = Buffer.concat([
    Buffer.from(lines(0, 10)),
    bytesOfVersion(5, 0, 10),
    Buffer.from(lines(50, 60)),
    second,
    Buffer.from("\r\n--b--\r\n"),
  ]);
  return answer(206, body, { "Content-Type": "multipart/byteranges; boundary=b" });
}

const whole = bytesOfVersion(5, 0, size);

describe("no complaint is made about", () => {
  test.each<[string, RawResponse]>([
    ["the whole", answer(200, whole)],
    ["a part", answer(206, whole.subarray(100, 200), part(100, 200))],
    ["several parts", multipart(whole.subarray(50, 60))],
    ["what is known to have been broken off", answer(200, whole.subarray(0, 10), {}, false)],
    ["an error", answer(502, Buffer.from("down"))],
  ])("%s", (_, right) => expect(complaintOf("GET", right, target)).toBeNull());
});

describe("a complaint is made about", () => {
  test.each<[string, RawResponse, string]>([
    ["bytes of another version", answer(200, bytesOfVersion(6, 0, size)), "but of version 6"],
    [
      "a hole",
      answer(206, new Uint8Array(100), part(100, 200)),
      "byte 100 is not one of version 5, but a hole",
    ],
    ["bytes from elsewhere", answer(206, whole.subarray(101, 201), part(100, 200)), "byte 100 is not one"],
    ["a short one that seems whole", answer(200, whole.subarray(0, 10)), "only 10 of"],
    ["one too many", answer(206, whole.subarray(100, 201), part(100, 200)), "101 bytes came instead of 100"],
    ["another size", answer(206, whole.subarray(0, 1), { "Content-Range": "bytes 0-0/7" }), "is not of"],
    ["two versions named", answer(200, whole, { "X-Version": "6" }), "no version, or two"],
    ["a wrong byte in one of several parts", multipart(whole.subarray(51, 61)), "a part of it: byte 50"],
  ])("%s", (_, wrong, complaint) => expect(complaintOf("GET", wrong, target)).toContain(complaint));

  test("the length that HEAD tells", () => {
    const head = answer(200, new Uint8Array(), { "Content-Length": "7" });
    expect(complaintOf("HEAD", head, target)).toContain("Content-Length 7");
  });
});
