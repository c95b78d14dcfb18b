import type { Offered, OfferedCommand } from "./offered.ts";

/**
 * What bash is told, from version 4 on. It knows everything by itself: to start the program at each press of the key
 * would be slow. Where files or folders are wanted, readline finds them, so that odd names are quoted as they must be.
 */
export function bashScript(commands: readonly OfferedCommand[]): string {
  const named = commands.filter(({ names }) => names[0] !== "serve");
  return `# What bash completes for cacheproxy: source <(cacheproxy completions bash)

_cacheproxy() {
  local IFS=$' \\t\\n' command=serve words='' wanted=''
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD - 1]}
  # "--log=json" comes as three words.
  if [[ $word == = ]]; then
    word=''
  elif [[ $before == = ]]; then
    before=\${COMP_WORDS[COMP_CWORD - 2]}
  fi
  if ((COMP_CWORD > 1)); then
    case \${COMP_WORDS[1]} in
${named.map(({ names }) => `      ${names.join(" | ")}) command=${names[0]} ;;`).join("\n")}
    esac
  fi
  case "$command $before" in
${commands.flatMap(valueBranches).join("\n")}
    *)
      case $command in
${commands.map(commandBranch).join("\n")}
      esac
      ;;
  esac
  case $wanted in
    file) compopt -o default 2>/dev/null ;;
    folder) compopt -o dirnames 2>/dev/null ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -F _cacheproxy cacheproxy
`;
}

/** Behind an option that takes a value nothing else can stand. */
function valueBranches({ names: [name], options }: OfferedCommand): string[] {
  return options.flatMap(({ long, short, value }) => {
    if (value === undefined) return [];
    const pattern = [long, short].filter(Boolean).map((flag) => `"${name} ${flag}"`);
    return [`    ${pattern.join(" | ")}) ${assigned(value.offered)} ;;`];
  });
}

/** Options where one is begun; else the words that may come first, or what operands are. */
function commandBranch({ names: [name], options, firstWords, operand }: OfferedCommand): string {
  const flags = options.flatMap(({ long, short }) => (short === undefined ? [long] : [long, short]));
  const first = firstWords.map(({ word }) => word).join(" ");
  const place = name === "serve" ? "1" : "2";
  const lines = [
    `        ${name})`,
    `          if [[ $word == -* ]]; then words='${flags.join(" ")}'`,
    ...(first === "" ? [] : [`          elif ((COMP_CWORD == ${place})); then words='${first}'`]),
    ...(operand === undefined ? [] : [`          else ${assigned(operand)}`]),
    "          fi",
    "          ;;",
  ];
  return lines.join("\n");
}

function assigned(offered: Offered): string {
  switch (offered.kind) {
    case "words":
      return `words='${offered.words.join(" ")}'`;
    case "file":
    case "folder":
      return `wanted=${offered.kind}`;
    case "anything":
      return ":";
  }
}
