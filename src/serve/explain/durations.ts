/** Durations in whole seconds, as people read them and as the configuration and fields have them written. */

const units = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
] as const;

/** "45 seconds", "1 minute", "26 hours": in the largest unit of which there are two, or which fits. */
export function spoken(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const unit = units.find(([, length]) => whole >= 2 * length || (whole >= length && whole % length === 0));
  return unit === undefined ? counted(whole, "second") : counted(Math.floor(whole / unit[1]), unit[0]);
}

/** "60s", "1d": as the configuration has it. */
export function written(seconds: number): string {
  const unit = units.find(([name, length]) => name !== "minute" && seconds > 0 && seconds % length === 0);
  return unit === undefined ? `${seconds}s` : `${seconds / unit[1]}${unit[0].charAt(0)}`;
}

/** "1 response", "3 responses". */
export function counted(number: number, thing: string): string {
  return `${number} ${thing}${number === 1 ? "" : "s"}`;
}
