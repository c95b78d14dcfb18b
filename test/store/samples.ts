import type { Policy } from "../../src/rules/policy.ts";
import { createOrder } from "../../src/store/order.ts";
import type { Found, NewResponse, Tier, Trouble } from "../../src/store/tier.ts";

/** A clock that stands still until it is moved. */
export interface TestClock {
  now: () => number;
  advance(milliseconds: number): void;
  /** Back to where it began. */
  reset(): void;
}

export function createClock(start = 1_700_000_000_000): TestClock {
  let at = start;
  return {
    now: () => at,
    advance(milliseconds) {
      at += milliseconds;
    },
    reset() {
      at = start;
    },
  };
}

/** That of this process. */
export const order = createOrder(() => 0);

let ids = 0;
/** Unique within this process and, by its number, among those that share a directory. */
export function newId(): string {
  ids++;
  return `${(ids % 256).toString(16).padStart(2, "0")}x${process.pid.toString(36)}x${ids}`;
}

export function policy(changes: Partial<Policy> = {}): Policy {
  return {
    freshnessLifetime: 60,
    lifetimeSource: "max-age",
    correctedInitialAge: 0,
    responseAt: 1_700_000_000_000,
    revalidateAlways: false,
    revalidateWhenStale: false,
    immutable: false,
    staleWhileRevalidateWindow: 0,
    staleIfErrorWindow: 0,
    entityTag: '"1"',
    lastModifiedAt: null,
    dateAt: 1_700_000_000_000,
    withheldFields: [],
    sharedWith: "unidentified",
    vary: [],
    groups: [],
    tags: changes.groups ?? [],
    contentLanguage: null,
    contentEncoding: null,
    ...changes,
  };
}

export function newResponse(changes: Partial<NewResponse> = {}): NewResponse {
  return {
    primaryKey: "/ a.example",
    variantKey: "",
    status: 200,
    fields: [
      ["content-type", "text/plain"],
      ["x-bytes", "caf\u00e9\u00ff"],
    ],
    policy: policy(),
    askedAt: order.next(),
    ...changes,
  };
}

/** Bytes that differ from place to place, so that a shifted or torn copy shows. */
export function bytesOf(length: number, seed = 1): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  let state = seed;
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}

/** Stores a response whose body comes in chunks. */
export async function put(
  store: Tier,
  changes: Partial<NewResponse> = {},
  body: Uint8Array = bytesOf(100),
  chunkBytes = 10_000,
): Promise<Found> {
  const writer = await store.write(newResponse(changes), body.byteLength);
  for (let start = 0; start < body.byteLength; start += chunkBytes) {
    await writer.write(body.subarray(start, start + chunkBytes));
  }
  const found = await writer.commit();
  writer.release();
  return found;
}

/** As many as are handed to the keeper one by one: what is stored after them waits for more. */
export async function putFew(store: Tier): Promise<void> {
  for (let i = 0; i < 8; i++) await put(store, { primaryKey: `few ${i}` });
}

export async function readBody({ body }: Found): Promise<Uint8Array> {
  if (body.kind === "memory") return body.bytes;
  return await (body.kind === "blob" ? body.blob : Bun.file(body.path)).bytes();
}

/** More bytes than the index takes: the body lies in a file. */
export const inFile = bytesOf(70_000);

export function pathOf({ body }: Found): string {
  if (body.kind !== "file") throw new Error("the body should lie in a file");
  return body.path;
}

/** Troubles that a store told of; a test that expects none compares with []. */
export function collectTrouble(): {
  codes: string[];
  messages: string[];
  onTrouble: (trouble: Trouble) => void;
} {
  const codes: string[] = [];
  const messages: string[] = [];
  return {
    codes,
    messages,
    onTrouble({ code, message }) {
      codes.push(code);
      messages.push(message);
    },
  };
}
