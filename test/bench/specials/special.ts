import type { BenchOrigin } from "../origin-process.ts";
import type { Server } from "../servers.ts";
import type { BenchSettings } from "../settings.ts";

/** What cannot be told as rounds of load: its name, and what to do with all servers. */
export interface Special {
  readonly name: string;
  measure(
    servers: readonly Server[],
    origin: BenchOrigin,
    settings: BenchSettings,
  ): Promise<Readonly<Record<string, Outcome>>>;
}

/** Figures of one server by what they mean, or why there are none. */
export type Outcome = Readonly<Record<string, string | number>>;
