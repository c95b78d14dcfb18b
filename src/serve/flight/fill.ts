import type { BodyReader } from "../../origin/body.ts";
import type { ReasonName } from "../../rules/reason.ts";
import type { Found, Writer } from "../../store/tier.ts";
import { StoreError } from "../../store/tier.ts";
import type { Transit } from "../answer/transit.ts";
import { asError, SharedBody } from "./shared-body.ts";
import { Window } from "./window.ts";

/** How a fill ended. Whatever was not stored exists in no store. */
export type FillOutcome<Stored = Found> =
  | { readonly kind: "stored"; readonly found: Stored }
  | { readonly kind: "unstored"; readonly reason: ReasonName }
  /** The origin's body did not come whole; every client's answer was broken off. Unwanted: they had left before. */
  | { readonly kind: "broken"; readonly error: Error; readonly isUnwanted: boolean };

/** What becomes of a body when the last client leaves before its end. */
export type WhenLeft =
  /** It is stored all the same. */
  | "finish"
  /** What has come is stored, and no more asked for: a piece may end anywhere. */
  | "commit"
  /** Nothing is stored, and no more asked for; but not before `abortOnceLeft`. */
  | "abort";

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
  readonly whenLeft: WhenLeft;
}

/** Bytes of the body's newest part that are kept at hand, if there is room; older ones are read back from the writer. */
const windowSize = 1024 * 1024;
/** What a client may be behind in any case where nothing can be read back: more than the largest body that is awaited. */
const leastWindowSize = 512 * 1024;

/**
 * The body of one response on its way from the origin into the store and to any number of clients at once.
 *
 * It runs at the origin's speed into the writer. A client reads at its own: what has just come from the window,
 * what is older from the writer; when memory is short, everything that the writer has. Only when nothing can be written
 * any more (the store failed, the body is too large) does the fill wait for the slowest client that is left, so that
 * memory stays bounded.
 *
 * Longer than a screen: how far the body has come, who still wants it and who still takes it is one state, by which each
 * step decides whether there is a next one.
 */
export class Fill<Stored = Found> {
  readonly outcome: Promise<FillOutcome<Stored>>;

  readonly #options: FillOptions<Stored>;
  readonly #window: Window;
  readonly #shared: SharedBody;
  #isFlowing = true;
  /** False once the writer takes no more: from then on the window is trimmed only when every client has it. */
  #writable = true;
  /** Where the writer's bytes end when it takes no more. */
  #writtenEnd = 0;
  #unstoredReason: ReasonName | null = null;
  #released = false;
  #hasOneLeft = false;
  /** Whether those who waited for the answer have had time to come. */
  #mayAbort = false;
  /** The last client has left, and what has come is not to be stored. */
  #dropped = false;

  constructor(options: FillOptions<Stored>) {
    this.#options = options;
    this.#window = new Window(options.transit.hold(() => this.#window.trim(this.#writtenEnd)));
    this.#shared = new SharedBody({
      window: this.#window,
      readBack: (offset, length) => options.writer.read(offset, length),
      onLeft: () => this.#afterLeaving(),
    });
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

  /** A new client: see `SharedBody`. Only while `readable`. */
  join(): BodyReader {
    return this.#shared.join();
  }

  /** Those who waited for the answer have come: from now on, when the last client has left, nobody wants it. */
  abortOnceLeft(): void {
    this.#mayAbort = true;
    if (this.#hasOneLeft) this.#dropIfUnwanted();
  }

  async #run(): Promise<FillOutcome<Stored>> {
    try {
      await this.#pump();
      return await this.#finish();
    } catch (thrown) {
      this.#cancelBody();
      return this.#breakOff(asError(thrown));
    } finally {
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
      this.#shared.push(value);
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

  #afterLeaving(): void {
    this.#hasOneLeft = true;
    if (this.#isLeft() || this.#isForNobody()) this.#cancelBody();
    else this.#dropIfUnwanted();
    this.#releaseIfDone();
  }

  /** Whether nobody wants the rest. */
  #isLeft(): boolean {
    return this.#options.whenLeft === "commit" && this.#isFlowing && this.#shared.readers === 0;
  }

  /** Whether neither the store nor a client takes the rest. */
  #isForNobody(): boolean {
    return !this.#writable && this.#isFlowing && this.#shared.readers === 0;
  }

  #dropIfUnwanted(): void {
    if (this.#options.whenLeft !== "abort" || !this.#mayAbort) return;
    if (!this.#isFlowing || this.#shared.readers > 0) return;
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
      if (this.#shared.readers === 0) throw new Error(unwanted);
      const most = this.#options.transit.isShort ? leastWindowSize : windowSize;
      if (this.#window.end - this.#shared.slowest < most) return;
      await this.#shared.progress();
    }
  }

  #trimWindow(): void {
    // Bytes the writer has may go when the window is full; others only when every client has them.
    const kept = this.#options.transit.isShort ? 0 : windowSize;
    const written = Math.min(this.#writtenEnd, this.#window.end - kept);
    this.#window.trim(this.#writable ? written : Math.max(written, this.#shared.slowest));
  }

  async #finish(): Promise<FillOutcome<Stored>> {
    if (this.#unstoredReason !== null) {
      this.#end("complete");
      return { kind: "unstored", reason: this.#unstoredReason };
    }
    try {
      // Committed before the last client sees the end: who asks again after that finds it stored.
      const found = await this.#options.writer.commit();
      this.#end("complete");
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
    this.#unstoredReason ??= "incomplete-body";
    this.#end(error);
    return { kind: "broken", error, isUnwanted };
  }

  #end(ending: "complete" | Error): void {
    this.#isFlowing = false;
    this.#shared.end(ending);
  }

  /** The writer's file is needed until the fill has ended and no client reads any more. */
  #releaseIfDone(): void {
    if (this.#isFlowing || this.#shared.readers > 0 || this.#released) return;
    this.#released = true;
    this.#window.trim(this.#window.end);
    if (this.#unstoredReason === null) this.#options.writer.release();
    else void this.#options.writer.abort();
  }
}

const unwanted = "nobody wants the rest of the body";
