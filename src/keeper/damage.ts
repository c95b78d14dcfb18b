import { Database } from "bun:sqlite";
import { applicationId, formatVersion, indexPath, numberOf } from "../store/disk/index-format.ts";
import { damageOf, isDamage } from "./schema.ts";

/** What is wrong with the index of a cache directory, if anything; reads all of it. Throws what keeps it from being read. */
export function damageIn(directory: string): string | undefined {
  let database: Database | undefined;
  try {
    database = new Database(indexPath(directory), { readwrite: true, create: false });
    database.run("PRAGMA query_only = ON");
    const application = numberOf(database, "PRAGMA application_id");
    const version = numberOf(database, "PRAGMA user_version");
    if (application !== applicationId || version !== formatVersion) {
      return `application ${application}, version ${version} (ours: ${formatVersion})`;
    }
    return damageOf(database);
  } catch (error) {
    if (isDamage(error)) return error instanceof Error ? error.message : String(error);
    throw error;
  } finally {
    database?.close(true);
  }
}
