import {
  type DebugKey,
  debugAnswerSchema,
  debugOrderSchema,
  debugTokenOf,
} from "../../control/debug-token.ts";
import { FleetError } from "../fleet-error.ts";
import { ordered, type Route } from "./route.ts";

export interface DebugDuties {
  /** The one that the workers have; null where none could be made. */
  readonly key: DebugKey | null;
  /** Milliseconds since 1970. */
  now(): number;
}

/** Makes tokens with which a request gets its explanation. */
export function debugRoutes({ key, now }: DebugDuties): readonly Route[] {
  return [
    ordered(
      {
        path: "/debug-token",
        summary: "a token for the request field X-Cache-Debug, which has answers explained",
        audience: "operator",
        body: debugOrderSchema,
        example: '{"seconds":3600}',
        answer: debugAnswerSchema,
      },
      ({ seconds }, context) => {
        if (key === null) {
          throw new FleetError(
            "there is no key for debug tokens, which is made at the start; the log says why",
          );
        }
        const expiresAt = Math.floor(now() / 1000) + seconds;
        return context.json({ token: debugTokenOf(key, expiresAt), expiresAt });
      },
    ),
  ];
}
