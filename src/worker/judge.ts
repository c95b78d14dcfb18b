import type { Settings } from "../config/schema.ts";
import type { ExplainRequest, Explanation } from "../control/explanation.ts";
import { createDeadlines } from "../origin/deadlines.ts";
import type { BodyReader } from "../origin/body.ts";
import type { Forward, OriginResponse } from "../origin/forward.ts";
import { cookieMatcher } from "../rules/cookies.ts";
import { parseHttpDate } from "../rules/http-date.ts";
import { createTransit } from "../serve/answer/transit.ts";
import { adviceForShown } from "../serve/explain/advice.ts";
import { usualOrigin } from "../sites/written-rule.ts";
import { withScheme } from "../serve/explain/explain.ts";
import { stepsForShown } from "../serve/explain/words.ts";
import type { Ready } from "../serve/hit/ready.ts";
import { createWebSockets } from "../serve/upgrade/web-sockets.ts";
import type { Plan } from "../sites/plan.ts";
import { compileSites } from "../sites/table.ts";
import { createOpenFiles } from "../store/disk/open-files.ts";
import { createMemoryStore } from "../store/memory/memory-store.ts";
import { createOrder } from "../store/order.ts";
import { createRemovals } from "../store/removals.ts";
import { explainedEntries } from "./explained-entries.ts";
import { serveOptions } from "./serve-options.ts";
import { createServing, type ServingHooks } from "./serving.ts";

/** A response that somebody has shown. */
export type Shown = Pick<OriginResponse, "status" | "fields" | "framing">;

/**
 * Says what would become of a response, had the origin answered a request with it: those who serve are asked, with this in
 * the origin's place and with a store that is empty. `now`, in milliseconds since the epoch, counts where the response has
 * no Date: it is judged as when it came, however long ago it was copied.
 */
export async function judge(
  { settings, plan }: { readonly settings: Settings; readonly plan: Plan },
  asked: ExplainRequest,
  shown: Shown,
  now: number,
): Promise<Explanation> {
  const date = shown.fields.find(([name]) => name === "date")?.[1];
  const at = (date === undefined ? null : parseHttpDate(date, now)) ?? now;
  const serving = servingOf(settings, plan, answerWith(shown, at), at);
  const explanation = await serving.explain({ ...asked, fetch: true });
  const [steps, advice] = [stepsForShown(explanation), adviceForShown(explanation)];
  return withScheme({ ...explanation, steps, advice }, asked.url);
}

function answerWith(shown: Shown, at: number): Forward {
  const times = { askedAt: 1, requestAt: at, responseAt: at, receivedAt: at };
  return async ({ method }) => {
    const body = method === "HEAD" || shown.status === 204 || shown.status === 304 ? null : unread;
    return { ok: true, response: { ...shown, ...times, statusText: "", body } };
  };
}

/** Of which nobody reads anything. */
const unread: BodyReader = { read: async () => undefined, cancel: async () => undefined };

const littleMemory = 1024 * 1024;

function servingOf(settings: Settings, plan: Plan, forward: Forward, at: number) {
  const now = () => at;
  const order = createOrder(now);
  const memory = createMemoryStore<Ready>({
    ...{ now, order },
    removals: createRemovals(1),
    maxBytes: littleMemory,
    maxVariantsPerKey: 1,
    newId: () => "shown",
  });
  const table = compileSites(withOrigins(plan), {
    ignoredCookies: cookieMatcher(settings.ignoreCookies ?? []),
  });
  const askedSettings = { ...settings, offline: false };
  return createServing({
    sites: {
      table,
      partsOf: (site) => ({
        options: serveOptions(askedSettings, site.plan, "shown"),
        forward,
        refusal: () => null,
      }),
    },
    memory,
    store: memory,
    files: createOpenFiles(),
    flights: { patience: createDeadlines(1), seed: 1 },
    peers: null,
    clocks: { now, date: now, monotonic: () => 0, next: order.next },
    transit: createTransit(littleMemory),
    collecting: createDeadlines(1),
    webSockets: createWebSockets({
      idle: () => null,
      closing: createDeadlines(1),
      onJoined: () => undefined,
      onPassed: () => undefined,
    }),
    newBoundary: () => "shown",
    takesExplanation: () => false,
    explaining: explainedEntries(settings),
    idleSeconds: 0,
    hooks: nobody,
  });
}

/** That which only the flags of a running one may say; nobody is asked. */
function withOrigins({ sites, top }: Plan): Plan {
  const asked = (origins: readonly string[]) => (origins.length === 0 ? [usualOrigin] : origins);
  return { top, sites: sites.map((site) => ({ ...site, origins: asked(site.origins) })) };
}

/** Nothing that is explained does anything of which somebody would have to be told. */
const nobody: ServingHooks = {
  onServed: () => undefined,
  onHit: () => undefined,
  onHitServed: null,
  onHitTook: () => undefined,
  onRefresh: () => undefined,
  invalidateElsewhere: async () => undefined,
  purge: async () => ({ kind: "refused", why: "nothing is served here" }),
  onUnnamedProxy: () => undefined,
  onEffect: () => undefined,
  onStoreError: () => undefined,
  onBroken: () => undefined,
  onSelfRedirect: () => undefined,
  onError: (error) => {
    throw error;
  },
};
