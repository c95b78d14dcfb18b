/** Nobody waits longer for a browser to do something. */
const PATIENCE_MILLISECONDS = 30_000;

/** What pages in a browser have told of what happens to them, and who waits for it. */
export class Told {
  readonly all: string[] = [];
  #changed = Promise.withResolvers<void>();

  tell(what: string): void {
    this.all.push(what);
    this.happened();
  }

  /** Something that nobody has told, but that somebody may wait for. */
  happened(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  /** Resolves with what has been told and fits. */
  hears(pattern: RegExp): Promise<string> {
    return this.until(`${pattern}`, () => this.all.find((what) => pattern.test(what)));
  }

  /** Resolves with what `find` finds, now or after one of the next happenings. */
  async until<Result>(what: string, find: () => Result | undefined): Promise<Result> {
    const late = Bun.sleep(PATIENCE_MILLISECONDS).then(() => "late" as const);
    for (;;) {
      const found = find();
      if (found !== undefined) return found;
      if ((await Promise.race([this.#changed.promise, late])) === "late")
        throw new Error(`${what} has not come; what was told: ${this.all.join(", ") || "nothing"}`);
    }
  }
}

/** A port at which pages tell, wherever they are from: `POST /what it is`. */
export interface Ear {
  readonly told: Told;
  readonly port: number;
  stop(): Promise<void>;
}

export function openEar(): Ear {
  const told = new Told();
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    development: false,
    fetch(request) {
      told.tell(decodeURIComponent(new URL(request.url).pathname.slice(1)));
      return new Response(null, { status: 204 });
    },
  });
  return { told, port: server.port ?? 0, stop: () => server.stop(true) };
}
