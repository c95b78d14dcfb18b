/** What the README shows of files, as an operator would copy it. */

/** Whole files in TOML, in the order of the steps. */
export function filesOfSteps(readme: string): string[] {
  const chapter = /\n## A shop with two origins, in five steps\n(.*?)\n## /s.exec(readme)?.[1];
  if (chapter === undefined) throw new Error("the README has no chapter of steps");
  return Array.from(chapter.matchAll(/^```toml\n(.*?)^```$/gms), ([, text = ""]) => text);
}

/** The file of a step: the first one that is shown under its heading. */
export function fileOfStep(readme: string, heading: string): string {
  const step = readme.slice(readme.indexOf(`\n### ${heading}\n`));
  const [file] = filesOfSteps(`\n## A shop with two origins, in five steps\n${step}`);
  if (file === undefined) throw new Error(`the README shows no file under ${heading}`);
  return file;
}
