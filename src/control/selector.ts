import { z } from "zod";

/** See `Selector`: what may be used stale is so from now on, in place of going. */
const soft = z.literal(true).optional();
const whose = { host: z.string().nullable(), site: z.string().nullable(), soft };

/** Which stored responses to remove: the store's own `Selector`, as it comes from the operator. */
export const selectorSchema = z.discriminatedUnion("by", [
  z.strictObject({ by: z.literal("key"), primaryKey: z.string().min(1), soft }),
  z.strictObject({ by: z.literal("variant"), primaryKey: z.string().min(1), variantKey: z.string(), soft }),
  z.strictObject({ by: z.literal("target"), target: z.string().min(1), ...whose }),
  z.strictObject({ by: z.literal("prefix"), targetPrefix: z.string().min(1), ...whose }),
  z.strictObject({ by: z.literal("glob"), glob: z.string().min(1), ...whose }),
  z.strictObject({ by: z.literal("group"), group: z.string().min(1), ...whose }),
  z.strictObject({ by: z.literal("tag"), tag: z.string().min(1), ...whose }),
  z.strictObject({ by: z.literal("all"), soft }),
]);
export type PurgeSelector = z.infer<typeof selectorSchema>;
