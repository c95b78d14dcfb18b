import { Option } from "commander";
import { codeOf } from "../config/listen-refusal.ts";
import { loadSettings } from "../config/load.ts";
import { UsageError } from "../config/usage-error.ts";
import { visible, visibleJson } from "../control/visible-text.ts";
import {
  type ExplainRequest,
  explainRequestSchema,
  explanationSchema,
  fieldIn,
} from "../control/explanation.ts";
import { askSupervisor } from "./admin-client.ts";
import { type CommandShape, commandOf, type Own } from "./command-line.ts";
import { exitCode } from "./exit-code.ts";
import { explanationInWords } from "./explain-words.ts";
import { readHead } from "./response-head.ts";
import { coloursIn, CommandError, type Surroundings } from "./surroundings.ts";

const shape: CommandShape = {
  name: "cacheproxy explain",
  summary: "Tell what would become of a request now, step by step, and what could be changed about it.",
  operands: "[URL]",
  settings: ["cacheDir", "configFile"],
  own: [
    new Option("-H, --header <FIELD>", 'a field of the request, as "Cookie: lang=de"; repeatable').argParser<
      readonly string[]
    >((field, before = []) => [...before, field]),
    new Option("-X, --method <METHOD>", "the method of the request (default: GET)"),
    new Option("--from <ADDRESS>", "the address of the client"),
    new Option("--fetch", "ask the origin, and judge its answer; it is not stored"),
    new Option("--response <FILE>", "judge this response in place of the origin's; - is the standard input"),
    new Option("--json", "say all that is known, as JSON"),
  ],
  epilogue: `The URL is a whole one, or a path of the first site. A running cacheproxy is asked, and nothing of what it
has stored is changed. With --response nothing need be running: a response as curl -i or a browser
shows it, of which the head is enough, is judged by the configuration that is found here.
Where no site has the host, the exit code is 3.`,
};

/** Why is this not cached? */
export const explain = commandOf(shape, async (line, surroundings) => {
  const asked = requestOf(line.operands, line.own);
  const loaded = await loadSettings({ ...surroundings, flags: line.flags, isOfRunning: true });
  const file = line.own["response"];
  const explanation =
    typeof file === "string"
      ? await judged(loaded, asked, await read(file, surroundings))
      : await askSupervisor(loaded.settings, `/explain?${queryOf(asked)}`, explanationSchema);
  const isJson = line.own["json"] === true;
  await surroundings.say(
    isJson ? `${visibleJson(explanation)}\n` : explanationInWords(explanation, coloursIn(surroundings)),
  );
  return explanation.site === null ? exitCode.nothingMatched : exitCode.done;
});

type Loaded = Awaited<ReturnType<typeof loadSettings>>;

/** Loaded where it is needed: most of the program judges. */
async function judged(loaded: Loaded, asked: ExplainRequest, text: string) {
  const { judge } = await import("../worker/judge.ts");
  return await judge(loaded, asked, readHead(text), Date.now());
}

async function read(file: string, { readFile }: Surroundings): Promise<string> {
  const name = file === "-" ? "/dev/stdin" : file;
  try {
    return await readFile(name);
  } catch (error) {
    throw new CommandError(
      `--response ${JSON.stringify(file)} cannot be read (${codeOf(error) ?? error}); it should be a file, or - for the standard input`,
    );
  }
}

function requestOf(operands: readonly string[], own: Own): ExplainRequest {
  const { header, method, from, fetch, response } = own;
  const [url] = operands;
  if (url === undefined && response === undefined)
    throw new UsageError("explain needs a URL such as http://shop.example/cart, or a path such as /cart");
  if (fetch === true && response !== undefined)
    throw new UsageError(
      "--fetch and --response both say what the origin answers; there should be one of them",
    );
  const wanted = explainRequestSchema.safeParse({
    url: withScheme(url ?? "/"),
    method: typeof method === "string" ? method : "GET",
    fields: Array.isArray(header) ? header.map((line) => fieldOf(String(line))) : [],
    from: typeof from === "string" ? from : null,
    fetch: fetch === true,
  });
  if (wanted.success) return wanted.data;
  const [issue] = wanted.error.issues;
  const what = issue?.path[0] === "url" ? JSON.stringify(visible(url ?? "")) : flagOf(issue?.path[0]);
  throw new UsageError(`${what} ${issue?.message ?? "is not understood"}`);
}

function flagOf(name: PropertyKey | undefined): string {
  return name === "fields" ? "--header" : `--${String(name)}`;
}

/** As one writes it into a browser. */
function withScheme(url: string): string {
  return url.startsWith("/") || /^[a-z]+:\/\//i.test(url) ? url : `http://${url}`;
}

function fieldOf(line: string): [name: string, value: string] {
  const field = fieldIn(line);
  if (field !== undefined) return field;
  throw new UsageError('--header should be a name, a colon and a value, such as "Cookie: lang=de"');
}

function queryOf({ url, method, fields, from, fetch }: ExplainRequest): string {
  const query = new URLSearchParams({ url, method });
  for (const [name, value] of fields) query.append("header", `${name}: ${value}`);
  if (from !== null) query.append("from", from);
  if (fetch) query.append("fetch", "1");
  return query.toString();
}
