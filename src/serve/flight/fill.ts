import type { BodyReader } from "../../origin/body.ts";
import type { ReasonName } from "../../rules/reason.ts";
import type { Found, Writer } from "../../store/tier.ts";
import { StoreError } from "../../store/tier.ts";
import type { Transit } from "../answer/transit.ts";
import { Window } from "./window.ts";

/** How a fill ended. Whatever was not stored exists in no store. */
export type FillOutcome<Stored = Found> =
  | { readonly kind: "stored"; readonly found: Stored }
  | { readonly kind: "unstored"; readonly reason: ReasonName }
  /** The origin's body did not come whole; every client's answer was broken off. Unwanted: they had left before. */
  | { readonly kind: "broken"; readonly error: Error; readonly isUnwanted: boolean };

export interface FillOptions<Stored = Found> {
  readonly body: BodyReader | null;
  readonly writer: Writer<Stored>;
  /** Bytes the origin announced; null when it did not. A body of another length is not whole. */
  readonly announcedSize: number | null;
  /** Bytes; a body beyond it streams through and is not stored. */
  readonly maxObjectSize: number;
  readonly onStoreError: (error: StoreError) => void;
  /** What is kept at hand is charged here. */
  readonly transit: Transit;
  /** What has come is stored, and no more asked for, when the last client leaves: a piece may end anywhere. */
  readonly endsWithClients?: boolean;
  /** Nothing is stored, and no more asked for, when the last client leaves before the end, but not before `met`. */
  readonly dropsWithClients?: boolean;
}

/** Bytes of the body's newest part that are kept at hand, if there is room; older ones are read back from the writer. */
const windowSize = 1024 * 1024;
/** What a client may be behind in any case where nothing can be read back: more than the largest body that is awaited. */
const leastWindowSize = 512 * 1024;
/** Given to a client at a time: one that does not read holds as much of it in memory. */
const readSize = 128 * 1024;

/**
 * The body of one response on its way from the origin into the store and to any number of clients at once.
 *
 * It runs at the origin's speed into the writer. A client reads at its own: what has just come from the window,
 * what is older from the writer; when memory is short, everything that the writer has. Only when nothing can be written
 * any more (the store failed, the body is too large) does the fill wait for the slowest client that is left, so that
 * memory stays bounded.
 */
export class Fill<Stored = Found> {
  readonly outcome: Promise<FillOutcome<Stored>>;

  readonly #window: Window;
  #state: "flowing" | "complete" | "broken" = "flowing";
  #error: Error | null = null;
  /** False once the writer takes no more: from then on the window is dropped only when every client has it. */
  #writable = true;
  /** Where the writer's bytes end when it takes no more. */
  #writtenEnd = 0;
  #unstoredReason: ReasonName | null = null;
  #released = false;
  #someoneLeft = false;
  /** Whether those who waited for the answer have had time to come. */
  #met = false;
  /** The last client has left a fill that drops with its clients. */
  #dropped = false;
  readonly #clients = new Set<Client>();
  /** Resolved at the next change; only while somebody waits for one. */
  #change: PromiseWithResolvers<void> | null = null;
  readonly #options: FillOptions<Stored>;

  constructor(options: FillOptions<Stored>) {
    this.#options = options;
    this.#window = new Window(options.transit.hold(() => this.#window.dropBefore(this.#writtenEnd)));
    this.outcome = this.#run();
  }

  /** Why the body will not be in the store; null while nothing speaks against it. */
  get unstoredReason(): ReasonName | null {
    return this.#unstoredReason;
  }

  /** False once the beginning of the body may be gone: then nobody new may read. */
  get readable(): boolean {
    return this.#writable && !this.#released && !this.#dropped;
  }

  /**
   * A new client: the whole body, from its first byte on, at the pace of the one who reads. Only while `readable`. It
   * leaves by cancelling.
   */
  join(): BodyReader {
    const client: Client = { offset: 0 };
    this.#clients.add(client);
    const leave = () => this.#leave(client);
    return {
      read: async () => {
        const next = await this.#next(client);
        if (next instanceof Uint8Array) return next;
        leave();
        if (next instanceof Error) throw next;
        return undefined;
      },
      cancel: async () => leave(),
    };
  }

  #leave(client: Client): void {
    if (!this.#clients.delete(client)) return;
    this.#someoneLeft = true;
    this.#announce();
    if (this.#isLeft() || this.#isForNobody()) this.#cancelBody();
    else this.#dropIfUnwanted();
    this.#releaseIfDone();
  }

  /** The client's next bytes, as soon as there are any. */
  async #next(client: Client): Promise<Uint8Array | "end" | Error> {
    for (;;) {
      if (!this.#clients.has(client)) return "end";
      if (client.offset < this.#window.end) {
        const chunk = await this.#bytesAt(client.offset).catch(asError);
        if (chunk instanceof Error) return chunk;
        client.offset += chunk.byteLength;
        if (!this.#writable) this.#announce();
        return chunk;
      }
      if (this.#state === "complete") return "end";
      if (this.#error !== null) return this.#error;
      await this.#changed();
    }
  }

  async #bytesAt(offset: number): Promise<Uint8Array> {
    const { start } = this.#window;
    if (offset >= start) return this.#window.from(offset, readSize);
    return this.#options.writer.read(offset, Math.min(readSize, start - offset));
  }

  async #run(): Promise<FillOutcome<Stored>> {
    try {
      await this.#pump();
      return await this.#finish();
    } catch (thrown) {
      this.#cancelBody();
      return this.#breakOff(asError(thrown));
    } finally {
      this.#announce();
      this.#releaseIfDone();
    }
  }

  async #pump(): Promise<void> {
    const { body, announcedSize: announced } = this.#options;
    if (body === null) return;
    for (;;) {
      const value = await this.#nextOf(body);
      if (this.#isLeft()) return this.#endEarly();
      if (this.#dropped) throw new Error(unwanted);
      if (value === undefined) break;
      if (announced !== null && this.#window.end + value.byteLength > announced) {
        throw new Error(`the origin announced ${announced} bytes and sent more`);
      }
      this.#window.push(value);
      this.#announce();
      if (this.#writable) await this.#keep(value);
      else await this.#awaitRoom();
      this.#trimWindow();
    }
    const { end } = this.#window;
    if (announced !== null && announced !== end) {
      throw new Error(`the origin announced ${announced} bytes and sent ${end}`);
    }
  }

  /** The next chunk; undefined at the end. */
  async #nextOf(body: BodyReader): Promise<Uint8Array | undefined> {
    try {
      return await body.read();
    } catch (error) {
      // Cancelled by ourselves.
      if (this.#isLeft()) return undefined;
      throw error;
    }
  }

  /** Whether nobody wants the rest. */
  #isLeft(): boolean {
    return this.#options.endsWithClients === true && this.#clients.size === 0 && this.#state === "flowing";
  }

  /** Whether neither the store nor a client takes the rest. */
  #isForNobody(): boolean {
    return !this.#writable && this.#clients.size === 0 && this.#state === "flowing";
  }

  /** Those who waited for the answer have come: from now on, when the last client has left, nobody wants it. */
  met(): void {
    this.#met = true;
    if (this.#someoneLeft) this.#dropIfUnwanted();
  }

  #dropIfUnwanted(): void {
    if (this.#options.dropsWithClients !== true || !this.#met) return;
    if (this.#clients.size > 0 || this.#state !== "flowing") return;
    this.#dropped = true;
    this.#cancelBody();
  }

  /** No more is asked for: the request at the origin ends. */
  #cancelBody(): void {
    // What becomes of a body that nobody wants is of no interest.
    this.#options.body?.cancel().catch(() => undefined);
  }

  #endEarly(): void {
    if (this.#window.end === 0) throw new Error("nobody waited for the first byte");
  }

  async #keep(chunk: Uint8Array): Promise<void> {
    if (this.#window.end > this.#options.maxObjectSize) {
      this.#stopWriting("too-large");
      return;
    }
    try {
      await this.#options.writer.write(chunk);
      this.#writtenEnd = this.#window.end;
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      this.#options.onStoreError(error);
      this.#stopWriting("store-failed");
    }
  }

  #stopWriting(reason: ReasonName): void {
    this.#writable = false;
    this.#unstoredReason = reason;
    if (this.#isForNobody()) this.#cancelBody();
  }

  /** Waits, when nothing is written any more, until the slowest client has made room, or nobody is left. */
  async #awaitRoom(): Promise<void> {
    for (;;) {
      if (this.#clients.size === 0) {
        throw new Error(unwanted);
      }
      const most = this.#options.transit.isShort ? leastWindowSize : windowSize;
      if (this.#window.end - this.#slowest() < most) return;
      await this.#changed();
    }
  }

  #trimWindow(): void {
    // Bytes the writer has may go when the window is full; others only when every client has them.
    const kept = this.#options.transit.isShort ? 0 : windowSize;
    const written = Math.min(this.#writtenEnd, this.#window.end - kept);
    this.#window.dropBefore(this.#writable ? written : Math.max(written, this.#slowest()));
  }

  #slowest(): number {
    let offset = this.#window.end;
    for (const client of this.#clients) offset = Math.min(offset, client.offset);
    return offset;
  }

  async #finish(): Promise<FillOutcome<Stored>> {
    if (this.#unstoredReason !== null) {
      this.#state = "complete";
      return { kind: "unstored", reason: this.#unstoredReason };
    }
    try {
      // Committed before the last client sees the end: who asks again after that finds it stored.
      const found = await this.#options.writer.commit();
      this.#state = "complete";
      return { kind: "stored", found };
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      this.#options.onStoreError(error);
      this.#stopWriting("store-failed");
      return this.#finish();
    }
  }

  #breakOff(error: Error): FillOutcome<Stored> {
    const isUnwanted = this.#dropped || this.#isLeft() || this.#isForNobody();
    this.#error = error;
    this.#state = "broken";
    this.#unstoredReason ??= "incomplete-body";
    return { kind: "broken", error, isUnwanted };
  }

  #changed(): Promise<void> {
    this.#change ??= Promise.withResolvers<void>();
    return this.#change.promise;
  }

  #announce(): void {
    this.#change?.resolve();
    this.#change = null;
  }

  /** The writer's file is needed until the fill has ended and no client reads any more. */
  #releaseIfDone(): void {
    if (this.#state === "flowing" || this.#clients.size > 0 || this.#released) return;
    this.#released = true;
    this.#window.dropBefore(this.#window.end);
    if (this.#unstoredReason === null) this.#options.writer.release();
    else void this.#options.writer.abort();
  }
}

const unwanted = "nobody wants the rest of the body";

/** One reader of a fill: how far it is. */
interface Client {
  offset: number;
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
