/** What was claimed, and whether it was so: a line each, with what was seen. */
export class Claims {
  held = 0;
  readonly failed: string[] = [];
  readonly #app: string;

  constructor(app: string) {
    this.#app = app;
  }

  /** What was seen is shown in any case, so that a reader need not believe. */
  claim(what: string, isSo: boolean, seen: string): void {
    if (isSo) this.held += 1;
    else this.failed.push(`${this.#app}: ${what} (saw: ${seen})`);
    console.log(`  ${isSo ? "✓" : "✗"} ${what}\n      ${seen}`);
  }
}
