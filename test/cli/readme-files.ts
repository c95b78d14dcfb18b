/** What the README shows of files, as an operator would copy it. */

/** Whole files in TOML, in their order. */
export function filesIn(text: string): string[] {
  return Array.from(text.matchAll(/^```toml\n(.*?)^```$/gms), ([, file = ""]) => file);
}

/** The file of a step: the first one that is shown under its heading. */
export function fileOfStep(readme: string, heading: string): string {
  const [, step] = readme.split(`\n### ${heading}\n`);
  const [file] = filesIn(step?.split("\n### ")[0] ?? "");
  if (file === undefined) throw new Error(`the README shows no file under ${heading}`);
  return file;
}
