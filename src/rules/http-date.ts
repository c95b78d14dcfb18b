export function parseHttpDate(_value: string, _now: number): number | null {
  throw new Error("unwritten");
}
export function formatHttpDate(at: number): string {
  return new Date(at).toUTCString();
}
