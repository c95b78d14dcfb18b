import { z } from "zod";

const whose = { host: z.string().nullable(), site: z.string().nullable() };

/** Which stored responses to remove: the store's own `Selector`, as it comes from the operator. */
export const selectorSchema = z.discriminatedUnion("by", [
  z.strictObject({ by: z.literal("key"), primaryKey: z.string().min(1) }),
  z.strictObject({ by: z.literal("variant"), primaryKey: z.string().min(1), variantKey: z.string() }),
  z.strictObject({ by: z.literal("target"), target: z.string().min(1), ...whose }),
  z.strictObject({ by: z.literal("prefix"), targetPrefix: z.string().min(1), ...whose }),
  z.strictObject({ by: z.literal("group"), group: z.string().min(1), ...whose }),
  z.strictObject({ by: z.literal("all") }),
]);
export type PurgeSelector = z.infer<typeof selectorSchema>;
