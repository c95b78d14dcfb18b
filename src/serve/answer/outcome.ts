import type { OriginResponse } from "../../origin/forward.ts";
import type { Scheme } from "../../rules/authority.ts";
import type { FieldReader } from "../../rules/fields.ts";
import type { ReasonName } from "../../rules/reason.ts";

/** What X-Cache and the log call the way an answer came about. */
export type CacheWord =
  | "HIT"
  | "PARTIAL"
  | "MISS"
  | "STALE"
  | "REVALIDATED"
  | "PASS"
  | "COLLAPSED"
  | "LEFT"
  /** A WebSocket: the client was joined to the origin. */
  | "JOINED"
  /** A rule of the site has answered: denied, or sent elsewhere. */
  | "RULE"
  /** The request was to purge, and is obeyed or refused. */
  | "PURGE"
  | "ERROR";

/** What the origin has said, as it is judged: with the fields that are sent from end to end, as rules of the site have them. */
export type SaidByOrigin = Pick<OriginResponse, "status" | "fields" | "framing">;

/** One answered request, told when its last byte was handed over or its client left. */
export interface Served {
  /** Absent for the one site that is made of the flags, and where no site answers. */
  readonly site?: string;
  /** When the request was received, by the steady clock. */
  readonly at: number;
  readonly cache: CacheWord;
  readonly reason: ReasonName;
  /** Why the origin was asked; absent where it was not. */
  readonly forwarded?: ReasonName;
  readonly status: number;
  readonly method: string;
  /** As it is keyed; "" where the client named none. */
  readonly host: string;
  readonly target: string;
  /** Bytes of the body handed over. */
  readonly bytes: number;
  readonly milliseconds: number;
  /** Until the answer was handed over, with the first byte of its body. */
  readonly firstByteMilliseconds: number;
  readonly client: string | null;
  readonly protocol: Scheme;
  /** The client's fields: who keeps a log takes from them what it wants, at once. */
  readonly received: FieldReader;
  /** The fields of the answer; to be read at once, likewise. Absent for a hit of the short cut. */
  readonly answered?: Iterable<[name: string, value: string]>;
  /** Absent where the origin was not asked, has not answered, or has confirmed what is stored. */
  readonly origin?: SaidByOrigin;
}

export type OnServed = (served: Served) => void;

/**
 * Whether the request was answered from what is stored, or with what another had asked for: without a question to the origin
 * for it alone. What the origin has confirmed is none, and neither is what is stale and was given as the origin failed.
 */
export function isHit({ cache, forwarded }: Pick<Served, "cache" | "forwarded">): boolean {
  // Who has waited for another knows why that one has asked.
  if (cache === "HIT" || cache === "COLLAPSED") return true;
  return forwarded === undefined && (cache === "STALE" || cache === "PARTIAL");
}
