import type { FieldReader } from "../../rules/fields.ts";
import { tellsOfClient } from "../../rules/forwarded.ts";
import { compileNetworks } from "../../rules/networks.ts";
import { remembered } from "../../rules/remembered.ts";
import { isShown, type Secret, secretOf } from "../../sites/secret.ts";
import type { Inbound } from "../request/inbound.ts";
import { below } from "./dialects.ts";

/** What the operator decides about purging by requests to the port where visitors come. */
export interface Purging {
  /** Whether a client of that address may. */
  readonly isAllowed: (address: string) => boolean;
  /** Of what it has to show; null where that is nothing. */
  readonly token: Secret | null;
  /** "/purge": a GET of what is below it purges the rest of its path. Null for none. */
  readonly path: string | null;
}

export interface PurgingSettings {
  /** Networks: see rules/networks. */
  readonly purgeFrom: readonly string[];
  readonly purgeToken?: string | undefined;
  readonly purgePath?: string | undefined;
}

export function purgingOf({ purgeFrom, purgeToken, purgePath }: PurgingSettings): Purging {
  return {
    isAllowed: remembered(compileNetworks(purgeFrom)),
    token: purgeToken === undefined ? null : secretOf(purgeToken),
    path: purgePath ?? null,
  };
}

/** Whether a request is one to purge, be it allowed or not: it is not for the origin then. */
export function asksToPurge(
  { method, target }: Pick<Inbound, "method" | "target">,
  { path }: Purging,
): boolean {
  return method === "PURGE" || (method === "GET" && below(path, target) !== null);
}

/** "by-proxy": the address is allowed, but it is that of a proxy which the operator has not named, and not the client's. */
export type Permission = "allowed" | "elsewhere" | "by-proxy" | "no-token";

type Asker = Pick<Inbound, "clientAddress" | "speaksForOthers" | "received">;

export function permissionOf(
  { clientAddress, speaksForOthers, received }: Asker,
  { isAllowed, token }: Purging,
): Permission {
  if (clientAddress === null || !isAllowed(clientAddress)) return "elsewhere";
  if (speaksForOthers ?? looksPassedOn(received)) return "by-proxy";
  return token === null || isShown(token, received.get("authorization")) ? "allowed" : "no-token";
}

/** Whether a proxy has had a hand in a request of which none that is trusted has told. */
function looksPassedOn(fields: FieldReader): boolean {
  return tellsOfClient(fields) || fields.get("via") !== null;
}
