/**
 * What a client wants purged, in the words that the operator has for it as well: one of them, or all of the site. Nobody purges
 * by a request what another site has.
 */
export interface Wanted {
  readonly url?: string;
  readonly path?: string;
  readonly prefix?: string;
  readonly glob?: string;
  readonly tags?: string[];
  /** The name of the site that answers the request. */
  readonly site: string;
  /** What may be used stale stays, and is stale from now on. */
  readonly soft?: true;
}

/** What a request to purge comes to: words, or why it is none. */
export type Reading = { readonly kind: "wanted"; readonly wanted: readonly Wanted[] } | Misread;

export interface Misread {
  readonly kind: "misread";
  /** What would be right. */
  readonly explanation: string;
}

/** What became of it. */
export type PurgeOutcome =
  | { readonly kind: "purged"; readonly answer: Purged }
  /** As it was asked for it cannot be done. */
  | { readonly kind: "refused"; readonly why: string }
  /** Some of it may be there still: it should be asked for again. */
  | { readonly kind: "uncertain"; readonly why: string };

/** How many stored responses went, by kind. */
export interface Purged {
  readonly purged: number;
  readonly complete: number;
  readonly partial: number;
  readonly inFlight: number;
  readonly soft: boolean;
  /** For people: "/a of every host". */
  readonly lookedFor: string;
  readonly milliseconds: number;
}

export function misread(explanation: string): Misread {
  return { kind: "misread", explanation };
}
