import { describe, expect, test } from "bun:test";
import { readHead } from "../../src/cli/response-head.ts";

const plain = { status: 200, fields: [["cache-control", "max-age=60"]], framing: "chunked" } as const;

describe("a response is read", () => {
  test.each([
    ["with LF", "HTTP/1.1 200 OK\nCache-Control: max-age=60\n"],
    ["with CRLF", "HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\n\r\n"],
    ["without its end", "HTTP/1.1 200 OK\nCache-Control: max-age=60"],
    ["of HTTP/2, as curl shows it", "HTTP/2 200 \r\ncache-control: max-age=60\r\n\r\n"],
    ["after empty lines", "\n\nHTTP/1.1 200 OK\nCache-Control:max-age=60  \n"],
    ["with a body", "HTTP/1.1 200 OK\nCache-Control: max-age=60\n\n<html>\nHTTP/1.1 500 in it: x\n"],
    ["after one of 100 Continue", "HTTP/1.1 100 Continue\n\nHTTP/1.1 200 OK\nCache-Control: max-age=60\n\n"],
    [
      "after a redirect",
      "HTTP/1.1 301 Moved\nLocation: /a\n\nHTTP/1.1 200 OK\nCache-Control: max-age=60\n\n",
    ],
    [
      "as curl -v shows it",
      "* Connected\n> GET / HTTP/1.1\n> Cookie: a=b\n>\n< HTTP/1.1 200 OK\n< Cache-Control: max-age=60\n<\nbody\n",
    ],
    ["with a mark of byte order", "\ufeffHTTP/1.1 200 OK\nCache-Control: max-age=60\n"],
    ["with a value that goes on in the next line", "HTTP/1.1 200 OK\nCache-Control:\n max-age=60\n"],
  ])("%s", (_, text) => {
    const { status, fields, framing } = readHead(text);
    expect([status, framing]).toEqual([plain.status, plain.framing]);
    expect(fields).toEqual([["cache-control", "max-age=60"]]);
  });

  test("with every field, also those of one name", () => {
    const { fields } = readHead("HTTP/1.1 200 OK\nSet-Cookie: a=1\nSet-Cookie: b=2\nX-Empty:\n");
    expect(fields).toEqual([
      ["set-cookie", "a=1"],
      ["set-cookie", "b=2"],
      ["x-empty", ""],
    ]);
  });
});

test.each([
  ["HTTP/1.1 200 OK\nContent-Length: 5\n", "length"],
  ["HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n", "chunked"],
  ["HTTP/1.1 200 OK\nConnection: close\n", "close"],
  ["HTTP/1.0 200 OK\n", "close"],
  ["HTTP/1.1 200 OK\n", "chunked"],
  ["HTTP/2 200\n", "chunked"],
] as const)("the body of %j ends by %s", (text, framing) => {
  expect(readHead(text).framing).toBe(framing);
});

test.each([
  ["", 'should begin with a line such as "HTTP/1.1 200 OK"'],
  ["<html>", 'should begin with a line such as "HTTP/1.1 200 OK"'],
  ["Cache-Control: max-age=60\n", 'should begin with a line such as "HTTP/1.1 200 OK"'],
  ["HTTP/1.1 200 OK\nno field\n", '"no field" is no field of a response'],
  ["HTTP/1.1 200 OK\n\u001b[31mred: 1\n", '\\\\u001b[31mred: 1" is no field of a response'],
])("%j is refused in one line", (text, message) => {
  expect(() => readHead(text)).toThrow(message);
});
