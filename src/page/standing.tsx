import { Badge } from "./parts/badge.tsx";
import { useAnswer } from "./polling.ts";

interface Health {
  readonly status: "ok" | "degraded";
  readonly reasons: readonly string[];
}

/** Whether all is well, wherever one is. */
export function Standing() {
  const { value, error } = useAnswer<Health>("healthz", 2_000);
  return (
    <p class="standing" role="status">
      {error !== null ? (
        <Badge tone="bad">{error}</Badge>
      ) : value === undefined ? null : value.status === "ok" ? (
        <Badge tone="good">all is well</Badge>
      ) : (
        <Badge tone="bad">{value.reasons.join("; ")}</Badge>
      )}
    </p>
  );
}
