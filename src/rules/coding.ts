/** TEMP */
export function foldedCodings(value: string): string {
  return value;
}
