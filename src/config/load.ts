import { nearest } from "./nearest.ts";
import { type Machine, type Option, variableOf } from "./option.ts";
import { type OptionName, optionNames as names, options } from "./options.ts";
import { siteOfFlags, topSettings } from "./site-of-flags.ts";
import type { Plan } from "../sites/plan.ts";
import { listenOf } from "./listen.ts";
import { type CertificateFiles, type Settings, settingsSchema } from "./schema.ts";
import { withoutCredentials } from "./origin-address.ts";
import { UsageError } from "./usage-error.ts";

type Name = OptionName;

/** A value as it was written, and where: "--port", "CACHEPROXY_PORT", "cache.toml: port". */
interface Written {
  readonly where: string;
  readonly text: string;
}

export type WrittenSettings = Partial<Record<Name, Written>>;

export interface Loaded {
  readonly settings: Settings;
  readonly plan: Plan;
  /** Lines the operator should see before the start; nothing is wrong. */
  readonly notices: readonly string[];
}

export interface Sources {
  readonly flags: WrittenSettings;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly machine: Machine;
  /** Text of a file; rejects as the system does. */
  readonly readFile: (path: string) => Promise<string>;
}

/** Flags before environment before file before defaults. Rejects with a `UsageError` for the first thing that is wrong. */
export async function loadSettings({ flags, environment, machine, readFile }: Sources): Promise<Loaded> {
  const variables = fromEnvironment(environment);
  const configFile = flags.configFile ?? variables.configFile;
  const path = configFile && read(options.configFile, configFile);
  const file = path === undefined ? {} : await fromFile(path, readFile);
  const written = { ...defaults(machine), ...file, ...variables, ...flags };
  const values = settingsSchema
    .partial()
    .parse(fromEach((name) => written[name] && read<unknown>(options[name], written[name])));
  const certificates = certificateOf(values);
  const listen = listenOf(values, { ...file, ...variables, ...flags }, certificates);
  const settings = settingsSchema.parse({ ...values, ...listen, certificates });
  const plan = { sites: [siteOfFlags(settings, [])], top: topSettings(settings) };
  const { workers, notices } = withinMachine(settings, machine);
  return { settings: { ...settings, workers }, plan, notices: [...misspelt(environment), ...notices] };
}

function fromEach<Value>(value: (name: Name) => Value | undefined): Partial<Record<Name, Value>> {
  return Object.fromEntries(
    names.map((name) => [name, value(name)] as const).filter(([, found]) => found !== undefined),
  );
}

function defaults(machine: Machine): WrittenSettings {
  return fromEach((name) => {
    const { byDefault } = options[name];
    const text = typeof byDefault === "function" ? byDefault(machine) : byDefault;
    return text === undefined ? undefined : { where: `the default of ${options[name].name}`, text };
  });
}

/** The short form of one; whether both are there, and fit, is looked at before the start. */
function certificateOf({
  tlsCert,
  tlsKey,
}: {
  tlsCert?: string | undefined;
  tlsKey?: string | undefined;
}): CertificateFiles[] {
  return tlsCert === undefined || tlsKey === undefined ? [] : [{ cert: tlsCert, key: tlsKey }];
}

/** Only Linux shares one port out among processes. */
function withinMachine(
  { workers }: Settings,
  { platform }: Machine,
): { readonly workers: number; readonly notices: string[] } {
  if (workers === 1 || platform === "linux") return { workers, notices: [] };
  const notice = `--workers ${workers}: processes share a port on Linux only; one worker serves here`;
  return { workers: 1, notices: [notice] };
}

/** An empty variable is none. */
function fromEnvironment(environment: Sources["environment"]): WrittenSettings {
  return fromEach((name) => {
    const where = variableOf(options[name]);
    const text = environment[where];
    return text ? { where, text } : undefined;
  });
}

/** Other programs may have variables of this prefix, so only a near miss is worth a word. */
function misspelt(environment: Sources["environment"]): string[] {
  const prefix = "CACHEPROXY_";
  const known = names.map((name) => variableOf(options[name]).slice(prefix.length));
  return Object.keys(environment).flatMap((variable) => {
    const suffix = variable.slice(prefix.length);
    if (!variable.startsWith(prefix) || known.includes(suffix)) return [];
    const meant = nearest(suffix, known);
    return meant ? [`${variable} is not read; did you mean ${prefix}${meant}?`] : [];
  });
}

async function fromFile(path: string, readFile: Sources["readFile"]): Promise<WrittenSettings> {
  const entries = Object.entries(parseFile(path, await textOf(path, readFile)));
  return Object.fromEntries(
    entries.map(([key, value]) => {
      const name = names.find((each) => each !== "configFile" && options[each].name === key);
      if (!name) throw new UsageError(`${path}: ${unknownName(key)}`);
      const where = `${path}: ${key}`;
      if (options[name].isList && Array.isArray(value)) return [name, { where, text: value.join(",") }];
      if (!["string", "number", "boolean"].includes(typeof value)) {
        throw wrong(where, withoutCredentials(JSON.stringify(value)), options[name]);
      }
      return [name, { where, text: String(value) }];
    }),
  );
}

async function textOf(path: string, readFile: Sources["readFile"]): Promise<string> {
  try {
    return await readFile(path);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : error;
    throw new UsageError(
      `--config ${JSON.stringify(path)} cannot be read (${code}); it should be a file you may read`,
    );
  }
}

function parseFile(path: string, text: string): object {
  const [form, parse] = path.toLowerCase().endsWith(".toml")
    ? ["TOML", Bun.TOML.parse]
    : ["JSON", JSON.parse];
  try {
    const parsed: unknown = parse(text);
    if (typeof parsed === "object" && parsed !== null && !Array.isArray(parsed)) return parsed;
  } catch (error) {
    const [problem = ""] = (error instanceof Error ? error.message : String(error)).split("\n");
    throw new UsageError(`${path}: is not ${form}: ${withoutCredentials(problem)}`);
  }
  throw new UsageError(`${path}: should be one ${form} object of options and their values`);
}

function unknownName(key: string): string {
  const known = names.filter((name) => name !== "configFile").map((name) => options[name].name);
  const meant = nearest(
    key.replaceAll(/[_A-Z]/g, (letter) => `-${letter === "_" ? "" : letter.toLowerCase()}`),
    known,
  );
  const rather = meant ? `did you mean ${meant}?` : `the options are ${known.join(", ")}`;
  return `${shown(key)} is not an option; ${rather}`;
}

function read<Value>(option: Option<Value>, { where, text }: Written): Value {
  const result = option.read.safeParse(text);
  if (!result.success) throw wrong(where, shown(text), option, text);
  return result.data;
}

function wrong(where: string, value: string, { expected }: Option, text = value): UsageError {
  return new UsageError(
    `${where} ${value} should be ${typeof expected === "string" ? expected : expected(text)}`,
  );
}

/** On one line, whatever is in it, and not too long. */
function shown(text: string): string {
  const safe = withoutCredentials(text);
  return JSON.stringify(safe.length > 100 ? `${safe.slice(0, 100)}…` : safe);
}
