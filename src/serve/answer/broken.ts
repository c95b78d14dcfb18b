import type { BodyReader } from "../../origin/body.ts";
import type { ServeContext } from "../context.ts";
import type { KeyedRequest } from "../request/inbound.ts";

/** Tells the operator, whom an answer that only ends early tells nothing, why it was broken off. */
export function tellBroken(context: ServeContext, { inbound, target }: KeyedRequest, error: unknown): void {
  const [path = ""] = target.split("?", 1);
  // What stands in a query may be a secret.
  const place = `${inbound.host}${path}${path === target ? "" : "?…"}`;
  context.onBroken(place, error);
}

/** The body, on its way to one client; the operator hears why it breaks off, unless the client has left before. */
export function tellingBroken(context: ServeContext, request: KeyedRequest, body: BodyReader): BodyReader {
  const { signal } = request.inbound;
  let isWanted = true;
  return {
    async read() {
      try {
        return await body.read();
      } catch (error) {
        if (isWanted && !signal.aborted) tellBroken(context, request, error);
        throw error;
      }
    },
    cancel() {
      isWanted = false;
      return body.cancel();
    },
  };
}
