interface BarProps {
  /** From 0 to 1. */
  readonly share: number;
  /** What it shows, in words: "store: 31 % full". */
  readonly label: string;
}

/** A share as a bar. */
export function Bar({ share, label }: BarProps) {
  return <meter class="bar" min={0} max={1} value={Math.min(1, Math.max(0, share))} aria-label={label} />;
}
