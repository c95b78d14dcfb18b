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

/** The words of each command of the program in a block for the shell, without comments and quotes. */
export function commandsIn(readme: string): string[][] {
  return Array.from(readme.matchAll(/^```sh\n(.*?)^```$/gms), ([, block = ""]) => block.split("\n"))
    .flat()
    .filter((line) => line.startsWith("./cacheproxy "))
    .map((line) =>
      line
        .replace(/ +#.*$/, "")
        .split(" ")
        .slice(1)
        .map((word) => word.replace(/^'(.*)'$/, "$1")),
    );
}
