import { z } from "zod";

/** What the operator names, and the running proxy finds the keys of: exactly one of these, and the site if it matters. */
export const purgeRequestSchema = z
  .strictObject({
    /** "http://example.com/a?b": of that host where each host of its site has pages of its own, else of the whole site. */
    url: z.string().regex(/^https?:\/\//i, "should be a whole URL such as http://example.com/a"),
    /** "/a?b": of every host. */
    path: z.string().startsWith("/", "should begin with a slash, as /a does"),
    /** All whose URL or path begins so. */
    prefix: z.string().regex(/^(\/|https?:\/\/)/i, "should be the beginning of a path or of a whole URL"),
    /** Of Cache-Groups (RFC 9875). */
    group: z.string().min(1),
    all: z.literal(true),
    /** The name of a site: what is of others stays. */
    site: z.string(),
  })
  .partial()
  .refine(
    ({ site: _, ...named }) => Object.keys(named).length === 1,
    "there should be one of url, path, prefix, group and all, and beside it at most a site",
  );
export type PurgeRequest = z.infer<typeof purgeRequestSchema>;

export const purgeAnswerSchema = z.strictObject({
  removed: z.int().min(0),
  /** For people: "/a of every host". */
  lookedFor: z.string(),
});
export type PurgeAnswer = z.infer<typeof purgeAnswerSchema>;
