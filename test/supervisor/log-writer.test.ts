import { describe, expect, test } from "bun:test";
import { createLogWriter, type LogWriter } from "../../src/supervisor/log-writer.ts";
import { createFakeClock, type FakeClock, settle } from "./fake-clock.ts";

/** A reader that takes a batch when the test lets it. */
interface SlowReader {
  readonly taken: string[];
  readonly offered: () => string | undefined;
  take(): Promise<void>;
  refuse(code: string): Promise<void>;
}

function openWriter(maxBacklog: number): { writer: LogWriter; reader: SlowReader; clock: FakeClock } {
  const clock = createFakeClock();
  const taken: string[] = [];
  let offer: { text: string; done: PromiseWithResolvers<void> } | undefined;
  const writer = createLogWriter({
    clock,
    maxBacklog,
    tellDropped: (count) => `${count} dropped\n`,
    writeAll(text) {
      if (offer !== undefined) throw new Error("two writes at once");
      offer = { text, done: Promise.withResolvers() };
      return offer.done.promise;
    },
  });
  async function answer(settleOffer: (offered: NonNullable<typeof offer>) => void): Promise<void> {
    const offered = offer;
    if (offered === undefined) throw new Error("nothing is being written");
    offer = undefined;
    settleOffer(offered);
    await settle();
  }
  return {
    writer,
    clock,
    reader: {
      taken,
      offered: () => offer?.text,
      take: () =>
        answer(({ text, done }) => {
          taken.push(text);
          done.resolve();
        }),
      refuse: (code) => answer(({ done }) => done.reject(Object.assign(new Error(code), { code }))),
    },
  };
}

describe("the writer of the log", () => {
  test("joins what came while it was writing into one batch, in order", async () => {
    const { writer, reader } = openWriter(1000);
    writer.write("1\n");
    writer.write("2\n3\n");
    writer.write("4\n");
    await reader.take();
    await reader.take();
    expect(reader.taken).toEqual(["1\n", "2\n3\n4\n"]);
    expect(reader.offered()).toBeUndefined();
  });

  test("ends a line that came without an end, so that the next stands on its own", async () => {
    const { writer, reader } = openWriter(1000);
    writer.write("half");
    writer.write("whole\n");
    await reader.take();
    await reader.take();
    expect(reader.taken.join("")).toBe("half\nwhole\n");
  });

  test("drops whole batches beyond the backlog and says so once, where they would have stood", async () => {
    const { writer, reader } = openWriter(12);
    writer.write("first\n");
    writer.write("fits\n");
    writer.write("lost1\nlost2\n");
    writer.write("lost3\n");
    await reader.take();
    await reader.take();
    writer.write("after\n");
    await reader.take();
    expect(reader.taken).toEqual(["first\n", "fits\n3 dropped\n", "after\n"]);
    expect(writer.dropped).toBe(3);
  });

  test("has room again when the reader has taken", async () => {
    const { writer, reader } = openWriter(6);
    writer.write("first\n");
    await reader.take();
    writer.write("again\n");
    await reader.take();
    expect(reader.taken).toEqual(["first\n", "again\n"]);
    expect(writer.dropped).toBe(0);
  });

  test("tells of lines that were lost before they came", async () => {
    const { writer, reader } = openWriter(100);
    writer.write("line\n", 7);
    await reader.take();
    expect(reader.taken.join("")).toBe("line\n7 dropped\n");
  });

  test("tries again after an error, and tells how much was lost by it", async () => {
    const { writer, reader } = openWriter(100);
    writer.write("a\nb\n");
    await reader.refuse("ENOSPC");
    writer.write("c\n");
    await reader.take();
    expect(reader.taken).toEqual(["c\n2 dropped\n"]);
  });

  test("an error loses its own batch only", async () => {
    const { writer, reader } = openWriter(100);
    writer.write("a\n");
    writer.write("b\n");
    await reader.refuse("ENOSPC");
    await reader.take();
    expect(reader.taken).toEqual(["b\n1 dropped\n"]);
  });

  test("a reader that went away is left alone for good", async () => {
    const { writer, reader } = openWriter(100);
    writer.write("a\n");
    writer.write("b\n");
    await reader.refuse("EPIPE");
    writer.write("c\n");
    await settle();
    expect(reader.offered()).toBeUndefined();
    expect(writer.dropped).toBe(3);
  });

  test("flush waits for the whole backlog", async () => {
    const { writer, reader } = openWriter(100);
    writer.write("a\n");
    writer.write("b\n");
    let flushed = false;
    const flush = writer.flush(1_000).then(() => {
      flushed = true;
    });
    await reader.take();
    expect(flushed).toBe(false);
    await reader.take();
    await flush;
  });

  test("flush gives a reader that stalls no longer than it is told", async () => {
    const { writer, clock } = openWriter(100);
    writer.write("a\n");
    const flush = writer.flush(1_000);
    await clock.advance(1_000);
    await flush;
  });

  test("hands over large backlogs piece by piece, each of whole lines", async () => {
    const { writer, reader } = openWriter(10_000_000);
    const line = `${"x".repeat(99_999)}\n`;
    for (let index = 0; index < 10; index += 1) writer.write(line);
    while (reader.offered() !== undefined) await reader.take();
    expect(reader.taken.map((batch) => batch.length)).toEqual([100_000, 300_000, 300_000, 300_000]);
    expect(reader.taken.join("")).toBe(line.repeat(10));
  });
});
