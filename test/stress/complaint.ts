import type { RawResponse } from "../fixtures/raw-client.ts";
import { bytesOfVersion, sizeOfVersion, type Target, versionNamed } from "./versions.ts";

/** What is wrong with an answer: null when every byte of it is one of the version that its validator names. */
export function complaintOf(method: string, answer: RawResponse, target: Target): string | null {
  if (answer.status !== 200 && answer.status !== 206) return null;
  const version = versionNamed(target, answer.fields);
  if (version === null) return "its fields name no version, or two";
  const size = sizeOfVersion(target, version);
  if (method === "HEAD") {
    const length = answer.field("content-length") ?? String(size);
    return length === String(size) ? null : `Content-Length ${length} is not that of version ${version}`;
  }
  const boundary = /^multipart\/byteranges; boundary=(.*)$/.exec(answer.field("content-type") ?? "")?.[1];
  if (boundary !== undefined) return complaintOfParts(answer, boundary, version, size);
  if (answer.status === 200) return complaintOfBytes(answer.body, answer.complete, version, 0, size);
  return complaintOfPart(answer.field("content-range"), answer.body, answer.complete, version, size);
}

function complaintOfPart(
  contentRange: string | null,
  body: Uint8Array,
  isWhole: boolean,
  version: number,
  size: number,
): string | null {
  const [, first, last, complete] = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(contentRange ?? "") ?? [];
  if (Number(complete) !== size) return `Content-Range ${contentRange} is not of ${size} bytes`;
  return complaintOfBytes(body, isWhole, version, Number(first), Number(last) + 1);
}

function complaintOfBytes(
  body: Uint8Array,
  isWhole: boolean,
  version: number,
  start: number,
  end: number,
): string | null {
  const length = end - start;
  if (body.byteLength > length) return `${body.byteLength} bytes came instead of ${length}`;
  if (isWhole && body.byteLength < length)
    return `only ${body.byteLength} of ${length} bytes came, as if all`;
  const right = bytesOfVersion(version, start, start + body.byteLength);
  if (Buffer.compare(body, right) === 0) return null;
  const at = body.findIndex((byte, index) => byte !== right[index]);
  return `byte ${start + at} is not one of version ${version}${whose(body.subarray(at, at + 20), start + at)}`;
}

/** For the one who reads the complaint. */
function whose(bytes: Uint8Array, at: number): string {
  if (bytes.every((byte) => byte === 0)) return ", but a hole";
  for (let version = 1; version < 500; version++) {
    if (Buffer.compare(bytes, bytesOfVersion(version, at, at + bytes.byteLength)) === 0) {
      return `, but of version ${version}`;
    }
  }
  return "";
}

/** RFC 9110 §14.6 */
function complaintOfParts(
  { body, complete }: RawResponse,
  boundary: string,
  version: number,
  size: number,
): string | null {
  const text = Buffer.from(body).toString("latin1");
  const [, ...parts] = text.split(`\r\n--${boundary}`);
  if (complete && parts.pop() !== "--\r\n") return "its last part has no end";
  for (const [index, part] of parts.entries()) {
    const isWhole = complete || index < parts.length - 1;
    const [, head, content] = /^\r\n([\s\S]*?)\r\n\r\n([\s\S]*)$/.exec(part) ?? [];
    if (head === undefined || content === undefined) return isWhole ? "a part has no head" : null;
    const [, range = null] = /^content-range: (.*)$/im.exec(head) ?? [];
    const complaint = complaintOfPart(range, Buffer.from(content, "latin1"), isWhole, version, size);
    if (complaint !== null) return `a part of it: ${complaint}`;
  }
  return null;
}
