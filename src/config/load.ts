import type { Plan, SitePlan } from "../sites/plan.ts";
import { fromFile, type ReadFile, readConfigFile, usualFile } from "./config-file.ts";
import { checkSites } from "./file/check-sites.ts";
import type { Content } from "./file/content.ts";
import { linesOf, type Problem } from "./file/problem.ts";
import { presetRules, sitePlans } from "./file/site-plan.ts";
import { listenOf } from "./listen.ts";
import type { Machine, Option } from "./option.ts";
import { options } from "./options.ts";
import { type CertificateFiles, type Settings, settingsSchema } from "./schema.ts";
import { shown } from "./shown.ts";
import { siteOfFlags, topSettings } from "./site-of-flags.ts";
import { UsageError } from "./usage-error.ts";
import { writtenListen } from "./written-addresses.ts";
import {
  defaultsOn,
  type Environment,
  fromEach,
  fromEnvironment,
  misspelt,
  type Written,
  type WrittenSettings,
} from "./written-settings.ts";

export interface Loaded {
  /** What the processes do. */
  readonly settings: Settings;
  /** What becomes of requests. */
  readonly plan: Plan;
  /** Lines the operator should see before the start; nothing is wrong. */
  readonly notices: readonly string[];
  /** Each option as it was written, where it counts. */
  readonly written: WrittenSettings;
  /** What the file says, where there is one. */
  readonly content: Content | undefined;
}

export interface Sources {
  readonly flags: WrittenSettings;
  readonly environment: Environment;
  readonly machine: Machine;
  readonly readFile: ReadFile;
  /** For who asks a cacheproxy that runs, whose flags may say the origin that no site of the file has. */
  readonly isOfRunning?: boolean;
}

/**
 * Flags before environment before file before defaults. Rejects with a `UsageError` that has a line for everything that
 * is wrong.
 */
export async function loadSettings({
  flags,
  environment,
  machine,
  readFile,
  isOfRunning = false,
}: Sources): Promise<Loaded> {
  const variables = fromEnvironment(environment);
  const named = flags.configFile ?? variables.configFile;
  const content = await readConfigFile(named && fileNamed(named), readFile);
  const said = { ...(content && fromFile(content)), ...variables, ...flags };
  const written = { ...defaultsOn(machine), ...said };
  const wrong: string[] = [];
  const values = settingsSchema
    .partial()
    .parse(fromEach((name) => readOrTell<unknown>(options[name], written[name], wrong)));
  const certificates = [...certificateOf(values), ...(content?.certificates ?? [])];
  const listen = orTell(() => listenOf(values, said, certificates), wrong);
  wrong.push(...purgesByNobody(values, said));
  if (content !== undefined)
    wrong.unshift(...linesOf(content.document.name, [...content.problems, ...checkSites(content)]));
  if (wrong.length > 0) throw new UsageError(...wrong);

  const read = settingsSchema.parse({
    ...values,
    ...listen,
    certificates,
    configFile: content?.document.name,
  });
  const settings = withinMachine(read, machine);
  const plan = planOf(settings, content, said, isOfRunning);
  const notices = [
    ...misspelt(environment),
    ...noticesOf(read, settings),
    ...(content === undefined ? [] : noticesOfFile(content, named, said)),
    ...plan.sites.flatMap(noticesOfForce),
  ];
  return { settings: { ...settings, ...ofFirstSite(plan) }, plan, notices, written, content };
}

function planOf(
  settings: Settings,
  content: Content | undefined,
  said: WrittenSettings,
  isOfRunning: boolean,
): Plan {
  const top = topSettings(settings);
  const preset = settings.preset ?? [];
  if (content === undefined || content.sites.length === 0) {
    return { sites: [siteOfFlags(settings, presetRules(preset))], top };
  }
  const problems: Problem[] = [];
  const { origin, originCa, preserveHost, index } = settings;
  const defaults = { origin: said.origin && origin, originCa, preserveHost, index, preset };
  const sites = sitePlans(content, defaults, problems);
  if (isOfRunning) return { sites, top };
  if (problems.length > 0) throw new UsageError(...linesOf(content.document.name, problems));
  return { sites, top };
}

/** What the settings say of the site, where the file has several: they are for who has but one. */
function ofFirstSite({ sites: [site] }: Plan): Partial<Settings> {
  const [origin] = site?.origins ?? [];
  return origin === undefined ? {} : { origin };
}

/** The short form of one; whether both are there, and fit, is looked at before the start. */
function certificateOf({
  tlsCert,
  tlsKey,
}: Partial<Record<"tlsCert" | "tlsKey", string | undefined>>): CertificateFiles[] {
  return tlsCert === undefined || tlsKey === undefined ? [] : [{ cert: tlsCert, key: tlsKey }];
}

/** How to purge says nothing where nobody may; whoever wrote it believes that somebody does. */
function purgesByNobody(
  values: { readonly [Name in "purgeFrom" | "purgeToken" | "purgePath"]?: Settings[Name] | undefined },
  said: WrittenSettings,
): string[] {
  if (values.purgeFrom?.length !== 0) return [];
  return (["purgeToken", "purgePath"] as const).flatMap((name) => {
    if (values[name] === undefined) return [];
    const where = said[name]?.where ?? `--${options[name].name}`;
    return [`${where} is of no use without --purge-from; there should be the networks that may purge`];
  });
}

/** Only Linux shares one port out among processes, and nobody a socket of the file system. */
function withinMachine(settings: Settings, { platform }: Machine): Settings {
  const isShared = platform === "linux" && settings.listen.some(({ kind }) => kind === "tcp");
  return isShared ? settings : { ...settings, workers: 1 };
}

function noticesOf(read: Settings, within: Settings): string[] {
  const { workers, listen, certificates, admin, adminToken } = read;
  const notices: string[] = [];
  if (adminToken !== undefined && admin === undefined) {
    notices.push(`--${options.adminToken.name} is of no use without --${options.admin.name}`);
  }
  const sockets = listen.filter(({ kind }) => kind === "unix");
  if (sockets.length > 0 && workers > 1) {
    const where = sockets.map(writtenListen).join(", ");
    notices.push(`${where} cannot be shared among processes: one worker alone serves there`);
  }
  if (workers !== within.workers && sockets.length < listen.length) {
    notices.push(`--workers ${workers}: processes share a port on Linux only; one worker serves here`);
  }
  const speaksTls = listen.some((each) => each.kind === "tcp" && each.scheme === "https");
  if (certificates.length > 0 && !speaksTls)
    notices.push("the certificates are of no use: nothing listens for https");
  return notices;
}

function noticesOfFile(
  { sites, document }: Content,
  named: Written | undefined,
  said: WrittenSettings,
): string[] {
  const notices = named === undefined ? [`${usualFile} in this folder is read`] : [];
  if (said.origin !== undefined && sites.length > 0 && sites.every(({ own }) => own?.origins !== undefined)) {
    notices.push(`${said.origin.where} is of no use: each site of ${document.name} has origins of its own`);
  }
  return notices;
}

/** What an origin means for one client is given to all: nobody should come upon that by chance. */
function noticesOfForce({ name, settings, rules, presetRules }: SitePlan): string[] {
  const forced = [...rules, ...presetRules]
    .filter((rule) => rule.settings.force === true)
    .map((rule) => `rule ${rule.name}`);
  const where = settings.force === true ? [...forced, "its own lifetime"] : forced;
  if (where.length === 0) return [];
  const site = name === "" ? "" : `site ${name}: `;
  return [
    `${site}${where.join(", ")} has force: what says no-store, private or Set-Cookie is stored, for every client`,
  ];
}

function fileNamed(written: Written): Written {
  const wrong: string[] = [];
  const path = readOrTell(options.configFile, written, wrong);
  if (path === undefined) throw new UsageError(...wrong);
  return { where: written.where, text: path };
}

/** The value; where it is wrong none, and a line of why. */
function readOrTell<Value>(
  option: Option<Value>,
  written: Written | undefined,
  wrong: string[],
): Value | undefined {
  if (written === undefined) return undefined;
  const { where, text } = written;
  const result = option.read.safeParse(text);
  if (result.success) return result.data;
  const { expected } = option;
  const what = option.isSecret ? where : `${where} ${shown(text)}`;
  wrong.push(`${what} should be ${typeof expected === "string" ? expected : expected(text)}`);
  return undefined;
}

function orTell<Value>(read: () => Value, wrong: string[]): Value | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    wrong.push(...error.lines);
    return undefined;
  }
}
