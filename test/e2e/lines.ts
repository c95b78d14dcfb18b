/** The lines that come out of a process, as they come and afterwards. */
export class Lines {
  readonly all: string[] = [];
  #waiting: {
    readonly pattern: RegExp;
    readonly resolve: (line: string) => void;
    readonly reject: (error: Error) => void;
  }[] = [];
  #ended = false;
  /** Resolves when the stream has ended. */
  readonly done: Promise<void>;

  constructor(
    stream: ReadableStream<Uint8Array>,
    private readonly name: string,
  ) {
    this.done = this.#read(stream);
  }

  /** The first line that fits, among those that came and those to come. Rejects when the stream ends without one. */
  until(pattern: RegExp): Promise<string> {
    const known = this.all.find((line) => pattern.test(line));
    if (known !== undefined) return Promise.resolve(known);
    return this.#next(pattern);
  }

  #next(pattern: RegExp): Promise<string> {
    if (this.#ended) return Promise.reject(this.#none(pattern));
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    this.#waiting.push({ pattern, resolve, reject });
    return promise;
  }

  /** The first so many lines that fit, likewise. */
  async many(pattern: RegExp, count: number): Promise<string[]> {
    for (;;) {
      const fitting = this.all.filter((line) => pattern.test(line));
      if (fitting.length >= count) return fitting.slice(0, count);
      await this.#next(pattern);
    }
  }

  get text(): string {
    return this.all.join("\n");
  }

  async #read(stream: ReadableStream<Uint8Array>): Promise<void> {
    let rest = "";
    const decoder = new TextDecoder();
    for await (const chunk of stream) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) this.#add(line);
    }
    if (rest !== "") this.#add(rest);
    this.#ended = true;
    for (const { pattern, reject } of this.#waiting) reject(this.#none(pattern));
  }

  #add(line: string): void {
    this.all.push(line);
    this.#waiting = this.#waiting.filter(({ pattern, resolve }) => {
      if (!pattern.test(line)) return true;
      resolve(line);
      return false;
    });
  }

  #none(pattern: RegExp): Error {
    return new Error(
      `${this.name} ended without a line like ${pattern}; it was:\n${this.text.slice(0, 2000)}`,
    );
  }
}
