import type { Whose } from "../rules/cache-key.ts";
import type { ContentRange } from "../rules/content-range.ts";
import type { FieldList } from "../rules/fields.ts";
import type { Policy } from "../rules/policy.ts";
import type { Part } from "../rules/range.ts";

/** A complete response as it lies in a store. Its body is found beside it: see `Found`. */
export interface StoredResponse {
  /** Random; names the body file. A response that replaces another has an id of its own. */
  readonly id: string;
  /** What the request asks for: see rules/cache-key. */
  readonly primaryKey: string;
  /** The values of the fields named by Vary: see rules/vary. One response per primaryKey and variantKey. */
  readonly variantKey: string;
  readonly status: number;
  readonly fields: FieldList;
  /** A store reads no more of it than from when on it serves nobody, and its groups. */
  readonly policy: Policy;
  /** Bytes of the body. */
  readonly size: number;
  /** Of the `Order`, renewed by `freshen`: of two tiers, the one with the larger number is right. */
  readonly version: number;
}

/** A body in memory, as bytes or as a blob, or a complete file that nobody writes to any more. */
export type StoredBody =
  | { readonly kind: "memory"; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: "blob"; readonly blob: Blob }
  | { readonly kind: "file"; readonly path: string };

/** A complete response that a tier has, with its body. */
export interface Found {
  readonly response: StoredResponse;
  readonly body: StoredBody;
}

/** What somebody sees of a response who only looks: where it would be answered from. */
export interface Seen extends Found {
  readonly where: "memory" | "disk";
}

/** A response that is to be stored, as far as it is known when its body begins. */
export interface NewResponse extends Omit<StoredResponse, "id" | "size" | "version"> {
  /** The number that the `Order` gave when the origin was asked: what was removed since then must not come back. */
  readonly askedAt: number;
}

/** A response that another tier keeps as well: both must call it the same, or the copies would be rivals. */
export interface Twin {
  readonly id: string;
  /** Undefined until the other tier has it. */
  readonly version: number | undefined;
}

/** The stored response that a new one becomes when its body is whole. */
export function storedAs(entry: NewResponse, id: string, size: number, version: number): StoredResponse {
  const { primaryKey, variantKey, status, fields, policy } = entry;
  return { id, primaryKey, variantKey, status, fields, policy, size, version };
}

/** The list itself, put in order. */
export function newestFirst<Each extends { readonly response: StoredResponse }>(list: Each[]): Each[] {
  return list.sort((one, other) => other.response.version - one.response.version);
}

/** Bytes of a response that are held. */
export interface Piece extends Part {
  /** Of these bytes: see disk/checksum.ts. */
  readonly checksum: string;
}

/** A response of which pieces are held, each in its place in a file as long as the whole. Its `size` is the whole's. */
export interface PartialFound {
  readonly response: StoredResponse;
  /** In order of their beginnings; they may overlap. */
  readonly pieces: readonly Piece[];
  readonly path: string;
}

/** One response, or a piece of one, on its way into a store. What was not committed does not exist. */
export interface Writer<Stored = Found> {
  /**
   * Takes a copy of the next bytes of the body; one call at a time. Undefined when that is done already. Rejects with a
   * `StoreError` when they cannot be kept; then only `abort` may follow.
   */
  write(chunk: Uint8Array): Promise<void> | undefined;
  /**
   * Reads back bytes taken so far, from `offset`, at most `length` of them (fewer is allowed, none only when
   * `offset` is at the end): clients of a fill that are slower than the origin read here. Works until `abort`, also
   * after a failed `write` for what was taken before it, and after `commit` (a refused one too), also if the response
   * is removed meanwhile, until `release`. The bytes are the caller's own.
   */
  read(offset: number, length: number): Promise<Uint8Array>;
  /**
   * Makes the response findable in place of any other with its keys. Rejects with a `StoreError` (then it does not
   * exist) when it cannot be kept, is not as long as announced, or was removed since it was asked for.
   */
  commit(): Promise<Stored>;
  /** Removes every trace. Never rejects. */
  abort(): Promise<void>;
  /** After `commit`: nobody will call `read` again (an open file can be closed). Never throws. */
  release(): void;
}

/**
 * Stored responses that are to go. Soft: those that may be used stale are so from now on, and stay (rules/staled); the
 * others go, and so does what is not whole or not stored yet.
 */
export type Selector = Named & { readonly soft?: true | undefined };

/** Which they are. Keys: see rules/cache-key. */
type Named =
  | { readonly by: "key"; readonly primaryKey: string }
  | { readonly by: "variant"; readonly primaryKey: string; readonly variantKey: string }
  /** Every key of the target, whatever else it says, of the host and site. */
  | ({ readonly by: "target"; readonly target: string } & Whose)
  /** Those whose targets begin so, likewise. */
  | ({ readonly by: "prefix"; readonly targetPrefix: string } & Whose)
  /** Those of whose paths a glob tells: see rules/target-glob. */
  | ({ readonly by: "glob"; readonly glob: string } & Whose)
  /** Those of a group of Cache-Groups (RFC 9875). */
  | ({ readonly by: "group"; readonly group: string } & Whose)
  /** Those that bear the name in any field that gives names to what is purged together: see `Policy.tags`. */
  | ({ readonly by: "tag"; readonly tag: string } & Whose)
  | { readonly by: "all" };

/**
 * A place where responses are kept: this process's memory, the disk. Tiers hold no rules of HTTP, and what goes wrong in
 * one is never the client's error. All are tested by one contract (test/store/contract), so that another may come behind
 * the disk.
 */
export interface Tier {
  /** Every variant under the key, newest `version` first. A read that fails is an empty answer, and is told. */
  find(primaryKey: string): Promise<readonly Found[]>;
  /**
   * What `find` would find, for somebody who only looks: that is no use of them, nothing comes into memory for it, and a
   * body that would be compared with its checksum first is taken for right.
   */
  look(primaryKey: string): Promise<readonly Seen[]>;
  /** Rejects with a `StoreError` when nothing can be stored now. `expectedSize` is the announced body length, if any. */
  write(entry: NewResponse, expectedSize?: number): Promise<Writer>;
  /**
   * Stores a small body that is at hand, whole: what `write` does without a writer. The bytes fill their buffer and are
   * not written to again. Throws a `StoreError` as `Writer.commit` rejects. It is found when this returns; a promise says
   * that others are about to find it, too.
   */
  put(entry: NewResponse, body: Uint8Array<ArrayBuffer>): Found | Promise<Found>;
  /**
   * RFC 9111 §4.3.4: other fields and policy for the same body. `askedAt` is of the origin's confirmation: see `NewResponse`.
   * Undefined, and nothing has changed, when the response is no longer there or a removal since then concerns it: one that a
   * soft purge has made stale is not made fresh by what the origin said before.
   */
  freshen(
    previous: StoredResponse,
    fields: FieldList,
    policy: Policy,
    askedAt: number,
  ): Promise<Found | undefined>;
  /**
   * The same body once more, for another variant key, with other fields and policy: a response of its own, in place of
   * any other with that key. `askedAt` is of the origin's confirmation: see `NewResponse`. What is removed under one key
   * leaves the other whole. Undefined when the previous one is no longer there. Rejects with a `StoreError` when it cannot be kept twice.
   */
  copyAs(
    variantKey: string,
    previous: StoredResponse,
    fields: FieldList,
    policy: Policy,
    askedAt: number,
  ): Promise<Found | undefined>;
  /**
   * The responses with these ids were given to clients. `find` notes that itself where there is one under the key; of
   * several it cannot know which, and those in use are to stay when there are too many.
   */
  noteUse(ids: readonly string[]): void;
  /** A request was answered with the response of that id. Counted as long as nothing is killed, and told within a minute or so. */
  noteHit(id: string): void;
  /**
   * How many responses were removed. Those still being written are not counted: their commit is refused. A disk rejects
   * with a `StoreError` when it cannot; what is made of tiers never rejects: see disk/removal-marks.ts.
   */
  remove(selector: Selector): Promise<number>;
  /**
   * Resolves when every process that shares the tier finds what was committed and freshened until now, or when that is
   * not to be known soon.
   */
  published(): Promise<void>;
  close(): Promise<void>;
  /** Null where only complete responses are kept. */
  readonly pieces: PieceStore | null;
}

/** Responses that are not complete. `Tier.remove` removes them as well; the one that becomes complete is found there. */
export interface PieceStore {
  /** Every variant under the key of which pieces are held, newest `version` first. A read that fails is an empty answer. */
  find(primaryKey: string): Promise<readonly PartialFound[]>;
  /** As `Tier.look`. */
  look(primaryKey: string): Promise<readonly PartialFound[]>;
  /**
   * Whether the pieces within `wanted` are what was stored: each is read once before its first use. One that is not
   * makes an end of the response. Never rejects.
   */
  confirm(found: PartialFound, wanted: readonly Part[]): Promise<boolean>;
  /** Reads held bytes, also when the response is removed or replaced meanwhile. Rejects with a `StoreError`. */
  open(found: PartialFound): Promise<PieceReader>;
  /**
   * Begins a piece that starts at `range.start` of a representation of `range.size` bytes; it ends where it is
   * committed. It joins the other pieces of `previous`, or of what was stored meanwhile, when those are of one strong
   * validator; else it is the first of a new response. Rejects with a `StoreError`.
   */
  write(
    entry: NewResponse,
    range: ContentRange,
    previous: PartialFound | null,
  ): Promise<Writer<PartialFound>>;
  /**
   * As `Tier.freshen`. With another variant key than it had, it is found by that from then on, and by its own no more;
   * then undefined as well where a complete response has that key.
   */
  freshen(
    previous: StoredResponse,
    fields: FieldList,
    policy: Policy,
    askedAt: number,
    variantKey?: string,
  ): Promise<PartialFound | undefined>;
}

/** Reads the bytes that the pieces of one response hold. */
export interface PieceReader {
  /** At most `length` bytes from `offset` on, at least one. Rejects with a `StoreError`. */
  read(offset: number, length: number): Promise<Uint8Array>;
  /** Never rejects. */
  close(): Promise<void>;
}

/** Something the operator should know of. The store counts nothing and limits nothing: the caller does. */
export interface Trouble {
  readonly code: string;
  readonly message: string;
}

/** A store could not do its work; never the client's error. `code` is the system's (ENOSPC, EACCES, …) or one of ours. */
export class StoreError extends Error {
  override readonly name = "StoreError";
  constructor(
    readonly code: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** Codes of refusals that are nobody's trouble: the response does not fit, is not whole, or was removed meanwhile. */
export const ordinaryRefusals: ReadonlySet<string> = new Set([
  "TOO_LARGE",
  "NO_ROOM",
  "WRONG_SIZE",
  "OVERTAKEN",
]);
