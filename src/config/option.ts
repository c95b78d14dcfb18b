import { z } from "zod";

/** What the defaults depend on. */
export interface Machine {
  readonly platform: NodeJS.Platform;
  readonly cores: number;
  /** Whether somebody reads the log on a terminal. */
  readonly terminal: boolean;
}

/** One thing the operator may decide, and how it is written. */
export interface Option<Value = unknown> {
  /** "cache-dir": `--cache-dir` as a flag, `CACHEPROXY_CACHE_DIR` as a variable, `cache-dir` in a file. */
  readonly name: string;
  /** What stands for the value in the help; a switch has none. */
  readonly argument?: string;
  /** Several values, with commas between; a flag may be repeated, and in a file it may be a list. */
  readonly isList?: boolean;
  /** No message shows it. */
  readonly isSecret?: boolean;
  /** A whole number, which a file may have without quotes. */
  readonly isNumber?: boolean;
  readonly summary: string;
  /** Written like any other value. */
  readonly byDefault?: string | ((machine: Machine) => string);
  /** The default as the help tells it, where it depends on the machine. */
  readonly defaultInWords?: string;
  /** Words that a shell offers for it; those of a choice of words alone need not be said. */
  readonly offered?: readonly string[];
  /** From text to the value. Its own messages are not shown: `expected` is. */
  readonly read: z.ZodType<Value, string>;
  /** What would have been right, said after "should be". */
  readonly expected: string | ((text: string) => string);
}

/** What would have been right, where several options want the same. */
export const aDuration = "a time with its unit, such as 30s, 5m or 500ms";
export const aSwitch = "true or false";
export const aLifetime = `${aDuration}, from 1s to 10y, or off`;

/** Words that a shell may offer for it. */
export function offeredFor({ offered, read }: Option): readonly string[] {
  return offered ?? (read instanceof z.ZodEnum ? read.options.map(String) : []);
}

/** The environment variable that decides it, too. */
export function variableOf(option: Option): string {
  return `CACHEPROXY_${option.name.replaceAll("-", "_").toUpperCase()}`;
}
