import type { FieldReader } from "./fields.ts";
import type { Policy } from "./policy.ts";
export function varyNames(_value: string | null): readonly string[] {
  throw new Error("unwritten");
}
export function variantKey(_vary: readonly string[], _request: FieldReader): string {
  throw new Error("unwritten");
}
export function selectVariant<
  T extends { readonly response: { readonly policy: Policy; readonly variantKey: string } },
>(_candidates: readonly T[], _request: FieldReader): T | undefined {
  throw new Error("unwritten");
}
