import { Database } from "bun:sqlite";
import { indexPath, refuseForeign } from "../store/disk/index-format.ts";
import { damageOf, isDamage } from "./schema.ts";

/** What is wrong with the index of a cache directory, if anything; reads all of it. Throws what keeps it from being read. */
export function damageIn(directory: string): string | undefined {
  let database: Database | undefined;
  try {
    database = new Database(indexPath(directory), { readwrite: true, create: false });
    database.run("PRAGMA query_only = ON");
    refuseForeign(database);
    return damageOf(database);
  } catch (error) {
    if (isDamage(error)) return error instanceof Error ? error.message : String(error);
    throw error;
  } finally {
    database?.close(true);
  }
}
