import { join } from "node:path";

export const readmePath = join(import.meta.dir, "../../README.md");

const place = /(<!-- make bench README=1 writes this table -->\n)(.*?)(\n<!-- as far as here -->)/s;

/** The figures that the README has. Throws when it has no place for them. */
export function figuresIn(readme: string): string {
  const [, , figures] = place.exec(readme) ?? [];
  if (figures === undefined) throw new Error("the README has no marks between which its figures stand");
  return figures;
}

/** The README with these figures in the place of those it has. Throws when it has no place for them. */
export function withFigures(readme: string, figures: string): string {
  figuresIn(readme);
  return readme.replace(place, (_, before: string, __, after: string) => `${before}${figures}${after}`);
}
