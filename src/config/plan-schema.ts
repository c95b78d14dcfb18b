import { z } from "zod";
import type { Plan } from "../sites/plan.ts";

/** The plan as it goes from process to process. What the operator writes has a schema of its own: config/file. */

const texts = z.array(z.string()).readonly();
const named = z.record(z.string(), z.string()).readonly();
const namedTexts = z.record(z.string(), texts).readonly();
const milliseconds = z.number().min(0);
const orOff = z.union([milliseconds, z.literal("off")]);

const conditions = z.object({
  path: texts.optional(),
  query: texts.optional(),
  host: texts.optional(),
  method: texts.optional(),
  header: namedTexts.optional(),
  cookie: texts.optional(),
  client: texts.optional(),
  status: texts.optional(),
  type: texts.optional(),
  headerOut: namedTexts.optional(),
});

const redirect = z.union([
  z.object({ to: z.string(), status: z.int() }),
  z.object({ to: z.literal("https") }),
]);

const settings = z.object({
  pass: z.boolean().optional(),
  deny: z.literal([403, 404, 410, 451]).optional(),
  redirect: redirect.optional(),
  cookies: z.union([z.enum(["ignore", "pass"]), texts]).optional(),
  query: z
    .object({ ignore: texts.optional(), keep: texts.optional(), sort: z.boolean().optional() })
    .optional(),
  keyHeaders: texts.optional(),
  ignoreCase: z.boolean().optional(),
  setRequest: named.optional(),
  removeRequest: texts.optional(),
  clientCacheControl: z.enum(["honour", "ignore"]).optional(),
  foldEncodings: z.boolean().optional(),
  lifetime: milliseconds.optional(),
  force: z.boolean().optional(),
  defaultLifetime: orOff.optional(),
  maxLifetime: milliseconds.optional(),
  errorLifetime: orOff.optional(),
  heuristic: z.boolean().optional(),
  staleWhileRevalidate: orOff.optional(),
  staleIfError: orOff.optional(),
  store: z.boolean().optional(),
  removeSetCookie: z.boolean().optional(),
  setResponse: named.optional(),
  removeResponse: texts.optional(),
});

const rule = z.object({
  name: z.string(),
  if: conditions.optional(),
  unless: conditions.optional(),
  settings,
});

const site = z.object({
  name: z.string(),
  hosts: texts,
  origins: texts,
  originCa: z.string().optional(),
  balance: z.enum(["round-robin", "least-busy", "path"]),
  health: z.string().optional(),
  maxOutage: milliseconds.optional(),
  preserveHost: z.boolean(),
  index: z.string().optional(),
  settings,
  rules: z.array(rule).readonly(),
  presetRules: z.array(rule).readonly(),
});

export const planSchema = z.object({
  sites: z.array(site).min(1).readonly(),
  top: settings,
}) satisfies z.ZodType<Plan>;
