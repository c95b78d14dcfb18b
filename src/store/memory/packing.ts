import type { FieldList } from "../../rules/fields.ts";
import type { Policy } from "../../rules/policy.ts";
import type { EntryBody, MemoryEntry } from "./entry.ts";
import type { Sharing } from "./sharing.ts";
import type { StoredResponse } from "../tier.ts";

/**
 * Entries of one key as two texts and their bodies: three things to the garbage collector, where a response alone is a
 * dozen. The texts are JSON.
 */
export interface Packed {
  /** What many responses have in common, for one and the same text to serve them all. */
  readonly form: string;
  readonly text: string;
  /** In the order of the responses; one alone in memory without a list around it. */
  readonly bodies: Uint8Array<ArrayBuffer> | readonly EntryBody[];
}

type Form = readonly [
  status: number,
  variantKey: string,
  fieldNames: readonly string[],
  lifetimeSource: Policy["lifetimeSource"],
  revalidateAlways: boolean,
  revalidateWhenStale: boolean,
  immutable: boolean,
  staleWhileRevalidateWindow: number,
  staleIfErrorWindow: number,
  withheldFields: readonly string[],
  sharedWith: Policy["sharedWith"],
  vary: readonly string[],
  contentLanguage: string | null,
  contentEncoding: string | null,
  rules: readonly string[],
];

type Rest = readonly [
  id: string,
  size: number,
  version: number,
  fieldValues: readonly string[],
  freshnessLifetime: number,
  correctedInitialAge: number,
  responseAt: number,
  entityTag: string | null,
  lastModifiedAt: number | null,
  dateAt: number,
  groups: readonly string[],
  tags: readonly string[],
];

/** The entries as texts and bodies: what `unpack` makes equal entries of. */
export function pack(entries: readonly MemoryEntry<unknown>[], sharing: Sharing): Packed {
  return {
    form: sharing.text(JSON.stringify(entries.map(formOf))),
    text: JSON.stringify(entries.map(restOf)),
    bodies: packBodies(entries),
  };
}

/** The bodies of packed entries, by themselves: the texts stay while the entries are in use. */
export function packBodies(entries: readonly MemoryEntry<unknown>[]): Packed["bodies"] {
  const [first] = entries;
  if (entries.length === 1 && first?.body.kind === "memory") return first.body.bytes;
  return entries.map(({ body }) => body);
}

function formOf({ response }: MemoryEntry<unknown>): Form {
  const { status, variantKey, fields, policy } = response;
  return [
    status,
    variantKey,
    fields.map(([name]) => name),
    policy.lifetimeSource,
    policy.revalidateAlways,
    policy.revalidateWhenStale,
    policy.immutable,
    policy.staleWhileRevalidateWindow,
    policy.staleIfErrorWindow,
    policy.withheldFields,
    policy.sharedWith,
    policy.vary,
    policy.contentLanguage,
    policy.contentEncoding,
    policy.rules ?? [],
  ];
}

function restOf({ response }: MemoryEntry<unknown>): Rest {
  const { id, size, version, fields, policy } = response;
  return [
    id,
    size,
    version,
    fields.map(([, value]) => value),
    policy.freshnessLifetime,
    policy.correctedInitialAge,
    policy.responseAt,
    policy.entityTag,
    policy.lastModifiedAt,
    policy.dateAt,
    policy.groups,
    policy.tags,
  ];
}

/** The names of groups and tags that the packed responses bear. */
export function namesIn({ text }: Pick<Packed, "text">): string[] {
  const rests = JSON.parse(text) as Rest[];
  return rests.flatMap((rest) => [...rest[10], ...rest[11]]);
}

/** New entries that equal those that were packed; what is common in their fields is shared. */
export function unpack<Ready>(primaryKey: string, packed: Packed, sharing: Sharing): MemoryEntry<Ready>[] {
  const forms = JSON.parse(packed.form) as Form[];
  const rests = JSON.parse(packed.text) as Rest[];
  const bodies: readonly EntryBody[] =
    packed.bodies instanceof Uint8Array ? [{ kind: "memory", bytes: packed.bodies }] : packed.bodies;
  return bodies.map((body, index) => {
    const form = forms[index];
    const rest = rests[index];
    if (form === undefined || rest === undefined) throw new Error(`no response is packed with body ${index}`);
    return { response: responseOf(primaryKey, form, rest, sharing), body, ready: undefined, hits: 0 };
  });
}

/** Spelt out, for a spread makes a larger object. */
function responseOf(primaryKey: string, form: Form, rest: Rest, sharing: Sharing): StoredResponse {
  const [status, variantKey, names] = form;
  const [id, size, version, values] = rest;
  const fields: FieldList = names.map((name, index) => [name, values[index] ?? ""]);
  return {
    id,
    primaryKey,
    variantKey: sharing.text(variantKey),
    status,
    fields: sharing.fields(fields),
    policy: policyOf(form, rest),
    size,
    version,
  };
}

function policyOf(form: Form, rest: Rest): Policy {
  const policy: Policy = {
    freshnessLifetime: rest[4],
    lifetimeSource: form[3],
    correctedInitialAge: rest[5],
    responseAt: rest[6],
    revalidateAlways: form[4],
    revalidateWhenStale: form[5],
    immutable: form[6],
    staleWhileRevalidateWindow: form[7],
    staleIfErrorWindow: form[8],
    entityTag: rest[7],
    lastModifiedAt: rest[8],
    dateAt: rest[9],
    withheldFields: form[9],
    sharedWith: form[10],
    vary: form[11],
    contentLanguage: form[12],
    contentEncoding: form[13],
    groups: rest[10],
    tags: rest[11],
  };
  return form[14].length === 0 ? policy : { ...policy, rules: form[14] };
}
