import type { FieldList, FieldReader } from "./fields.ts";
import type { Policy } from "./policy.ts";
export type Precondition = "proceed" | "not-modified" | "failed";
export function evaluatePreconditions(
  _method: string,
  _request: FieldReader,
  _stored: { readonly status: number; readonly policy: Policy },
  _now: number,
): Precondition {
  throw new Error("unwritten");
}
export function notModifiedFields(_fields: FieldList): FieldList {
  throw new Error("unwritten");
}
