import { type FileHandle, open } from "node:fs/promises";
import { mostReadBytes, readPart } from "../../store/disk/open-files.ts";
import type { StoredBody } from "../../store/tier.ts";
import { untypedBody } from "./answer.ts";
import type { Transit } from "./transit.ts";
import { wholeStream } from "./whole-stream.ts";

/** What a `Response` is made of. */
export type Sent = Blob | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>;

/**
 * The bytes of a stored body from `start` to `end`, as Bun's server sends them with nothing added, and with their length
 * where that can be. `headers` are those of the answer, nameless: see `keepFileNameless`.
 */
export function bodyOf(body: StoredBody, { start, end }: Span, headers: Headers, transit: Transit): Sent {
  const slice = smallPartOf(body, start, end) ?? sliceOf(body, start, end);
  if (!isUntyped(headers)) return slice;
  if (!(slice instanceof Blob)) return untypedBody(slice);
  return streamed([body.kind === "file" ? { path: body.path, start, end } : slice], end - start, transit);
}

/** Several parts of a stored body and the bytes before, between and after them: `length` bytes in all. */
export function multipartBody(
  body: StoredBody,
  pieces: readonly Piece[],
  length: number,
  transit: Transit,
): Sent {
  if (body.kind !== "file") return new Blob(pieces.map((piece) => bytesFrom(piece, body)));
  const { path } = body;
  // A Blob made of slices of files is empty where they stand (Bun 1.4.5).
  const read = length > mostReadBytes ? undefined : readPieces(path, pieces);
  if (read !== undefined) return new Blob(read);
  const parts = pieces.map((piece) => (piece instanceof Uint8Array ? piece : { path, ...piece }));
  return streamed(parts, length, transit);
}

/** Bytes as they are, or those of the body that they name. */
type Piece = Uint8Array<ArrayBuffer> | Span;

function bytesFrom(piece: Piece, body: StoredBody): Blob | Uint8Array<ArrayBuffer> {
  return piece instanceof Uint8Array ? piece : sliceOf(body, piece.start, piece.end);
}

function readPieces(path: string, pieces: readonly Piece[]): Uint8Array<ArrayBuffer>[] | undefined {
  const read: Uint8Array<ArrayBuffer>[] = [];
  for (const piece of pieces) {
    const bytes = piece instanceof Uint8Array ? piece : readPart(path, piece.start, piece.end);
    if (bytes === undefined) return undefined;
    read.push(bytes);
  }
  return read;
}

export interface Span {
  readonly start: number;
  readonly end: number;
}

/**
 * Bun's server gives a body that it reads from a file the file's name, in a Content-Disposition, unless there is one or the
 * type is one that it takes for shown: "a.zip" would be saved as "3f2c0d…". `inline` says what the absence of the field
 * says (RFC 6266 §4.2). Small bodies are read here, and have no name.
 */
export function keepFileNameless(headers: Headers, { kind }: Pick<StoredBody, "kind">, size: number): void {
  if (kind !== "file" || size <= mostReadBytes || headers.has("content-disposition")) return;
  if (!isUntyped(headers) && !shownTypes.test(headers.get("content-type") ?? "")) {
    headers.set("Content-Disposition", "inline");
  }
}

/** Types of which Bun's server takes it that a browser shows them. */
const shownTypes = /^(?:(?:text|image|audio|video|font)\/|application\/(?:json|wasm)(?:;|$))/;

/** Bun's server would give bytes, blobs and files a type then; streams it does not. */
export function isUntyped(headers: Headers): boolean {
  return (headers.get("content-type") ?? "") === "";
}

/** What is read at once costs less than what Bun's server opens, and has a length whatever its type. */
function smallPartOf(body: StoredBody, start: number, end: number): Uint8Array<ArrayBuffer> | undefined {
  return body.kind === "file" && end - start <= mostReadBytes ? readPart(body.path, start, end) : undefined;
}

/** `slice` also keeps Bun's server from obeying the request's Range by itself, which ignores If-Range. */
function sliceOf(body: StoredBody, start: number, end: number): Blob | Uint8Array<ArrayBuffer> {
  switch (body.kind) {
    case "memory":
      // A view of them would be dearer than the copy that is sent.
      return end - start === body.bytes.byteLength ? body.bytes : body.bytes.subarray(start, end);
    case "blob":
      return body.blob.slice(start, end);
    case "file":
      return Bun.file(body.path).slice(start, end);
  }
}

interface FilePart extends Span {
  readonly path: string;
}

type StreamedPiece = Blob | Uint8Array | FilePart;

/** Bytes: up to here a body that Bun's server could only send in chunks is read whole before, to be sent with its length. */
const mostGathered = 8 * 1024 * 1024;

/** The pieces one after the other; with their length, if it is not too large and there is room for them meanwhile. */
function streamed(
  pieces: readonly StreamedPiece[],
  length: number,
  transit: Transit,
): ReadableStream<Uint8Array> {
  const holding = transit.hold();
  if (length > mostGathered || !holding.reserve(length)) return inSequence(pieces);
  return wholeStream(() => Array.fromAsync(chunksOf(pieces)), length, holding);
}

/** The pieces one after the other, at the client's pace. */
function inSequence(pieces: readonly StreamedPiece[]): ReadableStream<Uint8Array> {
  const chunks = chunksOf(pieces);
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await chunks.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      async cancel() {
        await chunks.return();
      },
    },
    { highWaterMark: 0 },
  );
}

/** A file is opened once for all of its parts, and stays so: it may be removed before a slow client has come to the second. */
async function* chunksOf(pieces: readonly StreamedPiece[]): AsyncGenerator<Uint8Array, void, void> {
  const files = new Map<string, FileHandle>();
  try {
    for (const piece of pieces) {
      if (piece instanceof Uint8Array) yield piece;
      else if (piece instanceof Blob) yield* piece.stream();
      else {
        const file = files.get(piece.path) ?? (await open(piece.path));
        files.set(piece.path, file);
        yield* chunksOfPart(file, piece);
      }
    }
  } finally {
    for (const file of files.values()) await file.close();
  }
}

/** Little at a time: a client that does not read holds as much of it in memory. */
const chunkBytes = 64 * 1024;

async function* chunksOfPart(file: FileHandle, { start, end }: Span): AsyncGenerator<Uint8Array, void, void> {
  for (let at = start; at < end; ) {
    const buffer = new Uint8Array(Math.min(chunkBytes, end - at));
    const { bytesRead } = await file.read(buffer, 0, buffer.byteLength, at);
    if (bytesRead === 0) throw new Error(`the file of a stored body ends at byte ${at}`);
    at += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}
