import { useEffect, useRef } from "preact/hooks";
import { Notice } from "./parts/notice.tsx";
import { unlock } from "./session.ts";

/** Asks for the token of the operator's door. */
export function TokenForm({ lock }: { readonly lock: "unknown" | "refused" }) {
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), [lock]);
  const show = (event: Event) => {
    event.preventDefault();
    if (field.current !== null) unlock(field.current.value);
  };
  return (
    <form class="card token" onSubmit={show}>
      <label class="field">
        <span>
          It stands in the file <code>admin.token</code> of the cache folder, or is what{" "}
          <code>--admin-token</code> says. This tab forgets it when it is closed.
        </span>
        <input ref={field} type="password" name="token" autocomplete="off" required />
      </label>
      {lock === "refused" ? <Notice tone="bad">That is not the token.</Notice> : null}
      <button class="primary" type="submit">
        Open
      </button>
    </form>
  );
}
