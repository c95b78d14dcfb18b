import { nearest } from "./nearest.ts";
import { type Machine, variableOf } from "./option.ts";
import { type OptionName, optionNames, options } from "./options.ts";

/** A value as it was written, and where. */
export interface Written {
  /** As a message begins: "--port", "CACHEPROXY_PORT", "cache.toml:3:8: port". */
  readonly where: string;
  readonly text: string;
}

export type WrittenSettings = Partial<Record<OptionName, Written>>;

export type Environment = Readonly<Record<string, string | undefined>>;

/** The same for each option that has it. */
export function fromEach<Value>(
  value: (name: OptionName) => Value | undefined,
): Partial<Record<OptionName, Value>> {
  return Object.fromEntries(
    optionNames.map((name) => [name, value(name)] as const).filter(([, found]) => found !== undefined),
  );
}

export function defaultsOn(machine: Machine): WrittenSettings {
  return fromEach((name) => {
    const { byDefault } = options[name];
    const text = typeof byDefault === "function" ? byDefault(machine) : byDefault;
    return text === undefined ? undefined : { where: "default", text };
  });
}

/** An empty variable is none. */
export function fromEnvironment(environment: Environment): WrittenSettings {
  return fromEach((name) => {
    const where = variableOf(options[name]);
    const text = environment[where];
    return text ? { where, text } : undefined;
  });
}

/** Other programs may have variables of this prefix, so only a near miss is worth a word. */
export function misspelt(environment: Environment): string[] {
  const prefix = "CACHEPROXY_";
  const known = optionNames.map((name) => variableOf(options[name]).slice(prefix.length));
  return Object.keys(environment).flatMap((variable) => {
    const suffix = variable.slice(prefix.length);
    if (!variable.startsWith(prefix) || known.includes(suffix)) return [];
    const meant = nearest(suffix, known);
    return meant ? [`${variable} is not read; did you mean ${prefix}${meant}?`] : [];
  });
}
