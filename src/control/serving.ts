import { z } from "zod";

const listenSchema = z.union([
  z.object({ kind: z.literal("tcp"), scheme: z.enum(["http", "https"]), host: z.string(), port: z.int() }),
  z.object({ kind: z.literal("unix"), path: z.string() }),
]);

/** Where a cacheproxy that runs can be reached by clients, for whom it answers, and what it may store. */
export const servingSchema = z.object({
  listen: z.array(listenSchema),
  /** Networks whose clients are believed what they say of those they speak for. */
  trust: z.array(z.string()),
  /** A larger body is not stored. */
  maxObject: z.int(),
  sites: z.array(
    z.object({
      /** "" is the one site that is made of the flags. */
      name: z.string(),
      /** "shop.example", "*.shop.example"; an empty list is every host. */
      hosts: z.array(z.string()),
    }),
  ),
});
export type Serving = z.infer<typeof servingSchema>;
