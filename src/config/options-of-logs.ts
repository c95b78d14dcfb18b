import { z } from "zod";
import type { Option } from "./option.ts";
import { type Settings, settingsSchema } from "./schema.ts";
import { filePath } from "./written.ts";

const { shape } = settingsSchema;

type Name = "log" | "logFile" | "logSample" | "logLevel";

/** What is written of requests and of cacheproxy itself, and where, in the order of the help. */
export const optionsOfLogs: { readonly [One in Name]-?: Option<Settings[One]> } = {
  log: {
    name: "log",
    argument: "FORM",
    summary: "a line a request: pretty, json, combined or common (as web servers write it), or off",
    byDefault: ({ terminal }) => (terminal ? "pretty" : "json"),
    defaultInWords: "pretty on a terminal, else json",
    read: shape.log,
    expected: "pretty, json, combined, common or off",
  },
  logFile: {
    name: "log-file",
    argument: "FILE",
    summary: "write these lines to the end of this file; SIGUSR1 has it opened anew after a rotation",
    read: filePath.pipe(shape.logFile.unwrap()),
    expected: "a file in a folder that you may write to",
  },
  logSample: {
    name: "log-sample",
    argument: "SHARE",
    summary: "with 1/100, write one request in a hundred, and all that ended in an error",
    byDefault: "1/1",
    read: z
      .string()
      .regex(/^1\/[1-9]\d{0,6}$/)
      .transform((text) => Number(text.slice(2)))
      .pipe(shape.logSample),
    expected: "a share such as 1/100, from 1/1 to 1/1000000",
  },
  logLevel: {
    name: "log-level",
    argument: "LEVEL",
    summary: "tell on standard error what is at least so bad: error, warn or info",
    byDefault: "info",
    read: shape.logLevel,
    expected: "error, warn or info",
  },
};
