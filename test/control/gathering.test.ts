import { expect, test } from "bun:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { gatherMessages, messagesIn } from "../../src/control/gathering.ts";

function channel() {
  const sent: number[][] = [];
  const done: ((error: Error | null) => void)[] = [];
  const send = gatherMessages<number>((messages, told) => {
    sent.push(messages);
    done.push(told);
  });
  return { sent, done, send };
}

test("what is sent within one turn goes as one, in its order", async () => {
  const { sent, send } = channel();
  send(1);
  send(2);
  expect(sent).toEqual([]);
  await nextTurn();
  expect(sent).toEqual([[1, 2]]);
  send(3);
  await nextTurn();
  expect(sent).toEqual([[1, 2], [3]]);
});

test("each is told when the other side has it, or why not", async () => {
  const { done, send } = channel();
  const told: [number, Error | null][] = [];
  send(1, (error) => told.push([1, error]));
  send(2);
  send(3, (error) => told.push([3, error]));
  await nextTurn();
  expect(told).toEqual([]);
  const closed = new Error("closed");
  done[0]?.(closed);
  expect(told).toEqual([
    [1, closed],
    [3, closed],
  ]);
});

test("what was sent as one is taken apart, and a message alone is one", () => {
  expect(messagesIn([{ kind: "a" }, { kind: "b" }])).toEqual([{ kind: "a" }, { kind: "b" }]);
  expect(messagesIn({ kind: "a" })).toEqual([{ kind: "a" }]);
});
