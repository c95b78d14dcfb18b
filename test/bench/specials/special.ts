import type { BenchOrigin } from "../origin-process.ts";
import type { Server } from "../servers.ts";
import type { BenchSettings } from "../settings.ts";

/** What cannot be told as rounds of load: its name, and what to do with each server. */
export interface Special {
  readonly name: string;
  /** Null when it means nothing for this server. */
  measure(server: Server, origin: BenchOrigin, settings: BenchSettings): Promise<Outcome | null>;
}

/** Figures of one server by what they mean. */
export type Outcome = Readonly<Record<string, string | number>>;
