import type { Offered, OfferedCommand, OfferedOption } from "./offered.ts";

/** What zsh is told: a file for a folder of $fpath, named _cacheproxy, or something to source behind compinit. */
export function zshScript(commands: readonly OfferedCommand[]): string {
  const [serve] = commands.filter(({ names }) => names[0] === "serve");
  const named = commands.filter((command) => command !== serve);
  return `#compdef cacheproxy
# What zsh completes for cacheproxy: source <(cacheproxy completions zsh)

_cacheproxy() {
  local -a commands
  commands=(
${(serve?.firstWords ?? []).map(described).join("\n")}
  )
  if ((CURRENT == 2)) && [[ $words[2] != -* ]]; then
    _describe command commands
    return
  fi
  case $words[2] in
${named.map(branch).join("\n")}
    *)
      [[ $words[2] == serve ]] && { shift words; ((CURRENT--)); }
${serve ? argumentsOf(serve) : ""}
      ;;
  esac
}

if [[ $funcstack[1] == _cacheproxy ]]; then
  _cacheproxy "$@"
else
  compdef _cacheproxy cacheproxy
fi
`;
}

function branch(command: OfferedCommand): string {
  return `    ${command.names.join(" | ")})
      shift words
      ((CURRENT--))
${argumentsOf(command)}
      ;;`;
}

function argumentsOf(command: OfferedCommand): string {
  const specifications = [...command.options.flatMap(ofOption), ...ofOperands(command)];
  return `      _arguments -S ${specifications.map((each) => `\\\n        ${quoted(each)}`).join(" ")}`;
}

/** An option may come again: some are repeatable, and the last of another counts. */
function ofOption({ long, short, summary, value }: OfferedOption): string[] {
  const text = `[${summary.replaceAll(/[\\\]:[]/g, "\\$&")}]`;
  const taken = value === undefined ? "" : `:${value.name.replaceAll(":", "\\:")}:${action(value.offered)}`;
  return [
    `*${long}${value === undefined ? "" : "="}${text}${taken}`,
    ...(short === undefined ? [] : [`*${short}${text}${taken}`]),
  ];
}

function ofOperands({ names: [name], firstWords, operand }: OfferedCommand): string[] {
  const first = name === "serve" ? [] : firstWords.map(({ word }) => word);
  return [
    ...(first.length === 0 ? [] : [`1::word:(${first.join(" ")})`]),
    ...(operand === undefined ? [] : [`*:operand:${action(operand)}`]),
  ];
}

function action(offered: Offered): string {
  switch (offered.kind) {
    case "words":
      return `(${offered.words.join(" ")})`;
    case "file":
      return "_files";
    case "folder":
      return "_files -/";
    case "anything":
      // Nothing is run: with no action at all, options before it would only be listed and not be written.
      return "{ true }";
  }
}

function described({ word, summary }: { readonly word: string; readonly summary: string }): string {
  return `    ${quoted(`${word}:${summary.replaceAll(/[\\:]/g, "\\$&")}`)}`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
