import type { FieldList, FieldReader } from "./fields.ts";
import type { Policy } from "./policy.ts";
export function validatingFields(_policies: readonly Policy[]): FieldList {
  throw new Error("unwritten");
}
export function freshenedFields(_stored: FieldList, _notModified: FieldList): FieldList {
  throw new Error("unwritten");
}
export function selectForFreshening<T extends { readonly response: { readonly policy: Policy } }>(
  _candidates: readonly T[],
  _notModified: FieldReader,
): readonly T[] {
  throw new Error("unwritten");
}
/** RFC 9111 §4.3.5, for a 200 answer to HEAD. */
export function headConfirms(
  _stored: { readonly policy: Policy; readonly size: number },
  _headResponse: FieldReader,
): boolean {
  throw new Error("unwritten");
}
export function withoutConditionals(_fields: FieldList): FieldList {
  throw new Error("unwritten");
}
