import { expect, test } from "bun:test";
import fc from "fast-check";
import { createOutlet } from "../../src/control/outlet.ts";

/** A socket that takes so many bytes at each write, in turn. */
function sinkTaking(amounts: readonly number[]) {
  const taken: number[] = [];
  let writes = 0;
  return {
    taken,
    write(bytes: Uint8Array) {
      const amount = Math.min(amounts[writes % amounts.length] ?? 0, bytes.byteLength);
      writes++;
      taken.push(...bytes.subarray(0, Math.max(amount, 0)));
      return amount;
    },
  };
}

test("all goes out in its order, however little the socket takes at a time", () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ minLength: 1, maxLength: 30 }), { maxLength: 10 }),
      fc.array(fc.integer({ min: 0, max: 12 }), { minLength: 1, maxLength: 6 }).map((list) => [...list, 3]),
      (messages, amounts) => {
        const sink = sinkTaking(amounts);
        const outlet = createOutlet(sink);
        for (const [i, message] of messages.entries()) {
          outlet.send(message);
          if (i % 3 === 2) outlet.drain();
        }
        const whole = messages.flatMap((message) => [...message]);
        for (let drains = 0; sink.taken.length < whole.length && drains < 1000; drains++) outlet.drain();
        expect(sink.taken).toEqual(whole);
      },
    ),
  );
});

test("what comes while something waits goes behind it, and nothing is written until the socket drains", () => {
  const sink = sinkTaking([2, 100]);
  const outlet = createOutlet(sink);
  outlet.send(new Uint8Array([1, 2, 3]));
  outlet.send(new Uint8Array([4]));
  expect(sink.taken).toEqual([1, 2]);
  outlet.drain();
  expect(sink.taken).toEqual([1, 2, 3, 4]);
});

test("a closed socket, which says so with a negative number, loses nothing that another drain could send", () => {
  const sink = sinkTaking([-1, 100]);
  const outlet = createOutlet(sink);
  outlet.send(new Uint8Array([1, 2]));
  outlet.drain();
  expect(sink.taken).toEqual([1, 2]);
});
