import type { FieldList } from "./fields.ts";
export function endToEndFields(_fields: FieldList, _connection: string | null): FieldList {
  throw new Error("unwritten");
}
