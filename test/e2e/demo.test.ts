import { expect, test } from "bun:test";
import { join } from "node:path";

const here = import.meta.dir;

/** What differs from one run to the next. */
function withoutTheMoment(text: string): string {
  return text
    .replaceAll(/\b(port |127\.0\.0\.1:)\d{4,5}/g, "$1PORT")
    .replaceAll(/\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT/g, "DATE")
    .replaceAll(/^\d\d:\d\d:\d\d\.\d{3}/gm, "TIME")
    .replaceAll(/\s+\d[\d.]* ms/g, " N ms")
    .replaceAll(/(ttl=|Age: )\d+/g, "$1N")
    .trim();
}

test.skipIf(!Bun.which("curl"))(
  "make demo shows a MISS, then a HIT, as the README says (skipped without curl)",
  async () => {
    const child = Bun.spawn([process.execPath, join(here, "demo.ts")], { stdout: "pipe", stderr: "inherit" });
    const shown = await child.stdout.text();
    const readme = await Bun.file(join(here, "../../README.md")).text();
    const block = /```console\n([\s\S]*?)```/.exec(readme)?.[1] ?? "";
    expect(withoutTheMoment(shown)).toBe(withoutTheMoment(block));
    expect(await child.exited).toBe(0);
  },
);
