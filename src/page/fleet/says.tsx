import { Badge } from "../parts/badge.tsx";
import { Card } from "../parts/card.tsx";

/** What /healthz or /readyz says. */
export interface Said {
  readonly status: string;
  readonly reasons: readonly string[];
}

interface SaysProps {
  readonly title: string;
  readonly path: string;
  /** Undefined while it is not known. */
  readonly said: Said | undefined;
}

/** A question, what the answer to it is, and why. */
export function Says({ title, path, said }: SaysProps) {
  const isGood = said?.status === "ok" || said?.status === "ready";
  const badge = said === undefined ? null : <Badge tone={isGood ? "good" : "bad"}>{said.status}</Badge>;
  return (
    <Card title={title} aside={badge}>
      {said === undefined ? (
        <p class="muted">Not known yet.</p>
      ) : said.reasons.length === 0 ? (
        <p class="muted">{path} has nothing to complain of.</p>
      ) : (
        <ul class="reasons">
          {said.reasons.map((reason) => (
            <li key={reason}>{reason}</li>
          ))}
        </ul>
      )}
    </Card>
  );
}
