export interface CacheControl {
  has(directive: string): boolean;
  seconds(directive: string): number | null;
  fields(directive: string): readonly string[] | null;
}
export function parseCacheControl(_value: string | null): CacheControl {
  throw new Error("unwritten");
}
