import type { FieldReader } from "./fields.ts";
export interface UnsafeExchange {
  readonly method: string;
  readonly status: number;
  readonly target: string;
  readonly origin: string;
  readonly response: FieldReader;
}
export function invalidatedTargets(_exchange: UnsafeExchange): readonly string[] {
  throw new Error("unwritten");
}
export function invalidatedGroups(_response: FieldReader): readonly string[] {
  throw new Error("unwritten");
}
