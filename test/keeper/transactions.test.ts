import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { openIndex } from "../../src/keeper/index.ts";
import { prepareTransactions } from "../../src/keeper/transactions.ts";
import { directoryForEachTest } from "../store/directory.ts";

const directory = directoryForEachTest();

test("who has waited for another process in vain does not wait again until a transaction has succeeded", () => {
  openIndex({ directory: directory.path, role: "keeper", now: () => 0, onTrouble: () => undefined }).close();
  const database = new Database(directory.index);
  database.run("PRAGMA busy_timeout = 3");
  const patience = () => Object.values(database.query("PRAGMA busy_timeout").get() ?? {});
  const write = prepareTransactions(
    database,
    3,
  )((hand: number) => {
    database.run("UPDATE state SET hand = ?", [hand]);
    return hand;
  });
  const other = new Database(directory.index);
  other.run("BEGIN IMMEDIATE");
  expect(() => write(1)).toThrow("locked");
  expect(patience()).toEqual([0]);
  expect(() => write(1)).toThrow("locked");
  other.run("COMMIT");
  expect(write(2)).toBe(2);
  expect(patience()).toEqual([3]);
  other.close();
  database.close();
});
