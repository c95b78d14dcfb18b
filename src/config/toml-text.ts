/** A value as TOML has it on one line; undefined values of tables are left out. */
export function tomlText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(tomlText).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).filter(([, each]) => each !== undefined);
  return `{ ${entries.map(([name, each]) => `${tomlKey(name)} = ${tomlText(each)}`).join(", ")} }`;
}

/** A name as a key of TOML. */
export function tomlKey(name: string): string {
  return /^[A-Za-z0-9_-]+$/.test(name) ? name : JSON.stringify(name);
}

/** "30d" for milliseconds: whole numbers of the greatest unit that has them. */
export function durationText(milliseconds: number): string {
  const units: readonly (readonly [string, number])[] = [
    ["d", 86_400_000],
    ["h", 3_600_000],
    ["m", 60_000],
    ["s", 1000],
  ];
  const [unit, size] = units.find((each) => milliseconds % each[1] === 0 && milliseconds > 0) ?? ["ms", 1];
  return milliseconds === 0 ? "0s" : `${milliseconds / size}${unit}`;
}
