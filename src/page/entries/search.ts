/** What somebody types to find stored responses, read word by word, as GET /entries takes it. */

/** The parameters, or what is wrong with a word. */
export type Search = { readonly query: Readonly<Record<string, string>> } | { readonly error: string };

/** Those of GET /entries that stand before a colon. */
export const searchNames = [
  ...["url", "path", "prefix", "glob", "host", "site", "tag", "type", "status"],
  ...["larger", "smaller", "older", "younger", "fresh-for", "ends-within", "used-within", "unused-for"],
  ...["hits-over", "hits-under", "stale", "partial"],
] as const;

const named = new RegExp(`^(${searchNames.join("|")}):(.*)$`, "s");
const likeNamed = /^([a-z-]+):(?!\/\/)/;

/** Words that mean something without a name before them. The first that fits is meant. */
const meanings: readonly [form: RegExp, meaning: (word: string) => readonly [name: string, value: string]][] =
  [
    [/^stale$/, () => ["stale", "true"]],
    [/^fresh$/, () => ["stale", "false"]],
    [/^partial$/, () => ["partial", "true"]],
    [/^[1-5](\d\d|xx)$/, (word) => ["status", word]],
    [
      /^(text|image|application|font|audio|video|model|message|multipart)\/[^\s/]+$/,
      (word) => ["type", word],
    ],
    [/^(\/|https?:\/\/).*\*/, (word) => ["glob", word]],
    [/^(\/|https?:\/\/)/, (word) => ["prefix", word]],
  ];

/** As GET /entries has them. */
const yesOrNo: Readonly<Record<string, string>> = { yes: "true", no: "false" };

/** What is none of these is looked for anywhere in paths. */
function meaningOf(word: string): readonly [name: string, value: string] {
  const [, name, value = ""] = named.exec(word) ?? [];
  if (name !== undefined) return [name, yesOrNo[value] ?? value];
  const meaning = meanings.find(([form]) => form.test(word))?.[1];
  return meaning === undefined ? ["glob", `/**${word}**`] : meaning(word);
}

/** "/img/ image/png stale", "product larger:1MB", "tag:news host:shop.test" */
export function searchOf(text: string): Search {
  const query: Record<string, string> = {};
  for (const word of text.split(/\s+/).filter((each) => each !== "")) {
    const [name, value] = meaningOf(word);
    const unknown = named.test(word) ? undefined : likeNamed.exec(word)?.[1];
    if (unknown !== undefined)
      return { error: `${unknown}: is not known; there are ${searchNames.join(", ")}` };
    // It is being typed.
    if (value === "") continue;
    if (Object.hasOwn(query, name))
      return { error: `${name} is said twice, by ${query[name]} and ${value}; it should be said once` };
    query[name] = value;
  }
  return { query };
}
