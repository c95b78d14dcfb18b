import {
  type PastPurge,
  type PurgeAnswer,
  type PurgeRequest,
  pastPurgesSchema,
  purgeAnswerSchema,
  purgeRequestSchema,
} from "../../control/purge.ts";
import { tagAsSent } from "../../rules/tags.ts";
import { ordered, type Route } from "./route.ts";

export interface PurgeDuties {
  /** Rejects with a `FleetError` when it is not certain that all was removed, with a `UsageError` when nothing can be meant. */
  purge(request: PurgeRequest, by: string): Promise<PurgeAnswer>;
  /** The last ones, newest first. */
  purges(): readonly PastPurge[];
}

const longestAsker = 256;

/** Removes stored responses, and tells what was removed. */
export function purgeRoutes({ purge, purges }: PurgeDuties): readonly Route[] {
  return [
    ordered(
      {
        path: "/purge",
        summary: "remove stored responses, or have them be stale",
        audience: "operator",
        body: purgeRequestSchema,
        example: '{"path":"/news.html"} or {"all":true}',
        answer: purgeAnswerSchema,
      },
      async (wanted, context) => {
        const by = context.req.header("user-agent") ?? "a client without User-Agent";
        return context.json(await purge(withTagsAsSent(wanted), by.slice(0, longestAsker)));
      },
    ),
    {
      method: "GET",
      path: "/purges",
      summary: "what was purged of late, the newest first",
      audience: "operator",
      answer: pastPurgesSchema,
      respond: (context) => context.json({ purges: purges() }),
    },
  ];
}

/** JSON is text, and names of tags are compared with what stood in fields, which is bytes. */
function withTagsAsSent({ tag, tags, ...named }: PurgeRequest): PurgeRequest {
  return {
    ...named,
    ...(tag === undefined ? {} : { tag: tagAsSent(tag) }),
    ...(tags === undefined ? {} : { tags: tags.map(tagAsSent) }),
  };
}
