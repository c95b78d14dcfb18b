import type { Offered, OfferedCommand, OfferedOption } from "./offered.ts";

/** What fish is told: a line for each thing that may be offered, with the command that it is for. */
export function fishScript(commands: readonly OfferedCommand[]): string {
  const named = commands.filter(({ names }) => names[0] !== "serve");
  return `# What fish completes for cacheproxy: cacheproxy completions fish | source

# The command that is meant: to serve, where none is named.
function __cacheproxy_command
    set -l words (commandline -opc)
    switch "$words[2]"
${named.map(({ names }) => `        case ${names.join(" ")}\n            echo ${names[0]}`).join("\n")}
        case '*'
            echo serve
    end
end

function __cacheproxy_first
    test (count (commandline -opc)) -eq $argv[1]
end

complete -c cacheproxy -e
complete -c cacheproxy -f
${commands.flatMap(linesFor).join("\n")}
`;
}

function linesFor(command: OfferedCommand): string[] {
  const [name] = command.names;
  const condition = `test (__cacheproxy_command) = ${name}`;
  const place = name === "serve" ? 1 : 2;
  return [
    ...command.firstWords.map(({ word, summary }) =>
      line(`${condition}; and __cacheproxy_first ${place}`, `-a ${word}`, summary),
    ),
    ...command.options.map((option) => line(condition, ofOption(option), option.summary)),
    ...(command.operand === undefined || command.operand.kind === "anything"
      ? []
      : [`complete -c cacheproxy -n ${quoted(condition)} ${ofValue(command.operand)}`]),
  ];
}

function line(condition: string, what: string, summary: string): string {
  return `complete -c cacheproxy -n ${quoted(condition)} ${what} -d ${quoted(summary)}`;
}

function ofOption({ long, short, value }: OfferedOption): string {
  const flags = `-l ${long.slice(2)}${short === undefined ? "" : ` -s ${short.slice(1)}`}`;
  return value === undefined ? flags : `${flags} -r ${ofValue(value.offered)}`;
}

function ofValue(offered: Offered): string {
  switch (offered.kind) {
    case "words":
      return `-f -a ${quoted(offered.words.join(" "))}`;
    case "file":
      return "-F";
    case "folder":
      return "-f -a '(__fish_complete_directories (commandline -ct))'";
    case "anything":
      return "-f";
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll(/['\\]/g, "\\$&")}'`;
}
