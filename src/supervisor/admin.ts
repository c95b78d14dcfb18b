import { type Context, Hono } from "hono";
import { UsageError } from "../config/usage-error.ts";
import type { Counters } from "../control/messages.ts";
import type { ReloadAnswer } from "../control/reload.ts";
import { tagAsSent } from "../rules/tags.ts";
import { type PastPurge, type PurgeAnswer, type PurgeRequest, purgeRequestSchema } from "../control/purge.ts";
import type { WorkerStatus } from "./fleet.ts";
import { FleetError } from "./fleet-error.ts";
import type { Health } from "./health.ts";
import type { KeeperStatus, Totals } from "./keeper-slot.ts";

export interface Stats {
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly workers: readonly WorkerStatus[];
  readonly keeper: KeeperStatus;
  /** Summed over all workers. */
  readonly counters: Counters;
  readonly store: Totals & { readonly maxBytes: number };
  readonly logLinesDropped: number;
}

/** What the admin app can ask of the supervisor. */
export interface AdminDuties {
  health(): Health;
  stats(): Promise<Stats>;
  /** Rejects with a `FleetError` when it is not certain that all was removed, with a `UsageError` when nothing can be meant. */
  purge(request: PurgeRequest, by: string): Promise<PurgeAnswer>;
  /** The last ones, newest first. */
  purges(): readonly PastPurge[];
  /** Rejects with a `UsageError` when something is wrong with the configuration, with a `FleetError` when it cannot act. */
  reload(): Promise<ReloadAnswer>;
  /** An error nobody foresaw; the client gets a plain 500. */
  onError(error: Error): void;
}

export interface AdminAppOptions {
  readonly duties: AdminDuties;
  /** Which names a Host field may bear; undefined on a unix socket, where no browser comes. */
  readonly hostName?: string;
}

/**
 * The operator's door: GET /healthz, GET /stats, GET /purges, POST /purge, POST /reload. JSON in, JSON out. No CORS, and a
 * POST must say that it is JSON, which a page of another site cannot do without asking first.
 */
export function createAdminApp({ duties, hostName }: AdminAppOptions): Hono {
  const app = new Hono();

  app.use(async (context, next) => {
    context.header("Cache-Control", "no-store");
    if (hostName !== undefined && !hostPermitted(context.req.header("host"), hostName)) {
      return context.json({ error: `Host must be an address, localhost or ${hostName}` }, 421);
    }
    return next();
  });

  app.get("/healthz", (context) => {
    const health = duties.health();
    return context.json(health, health.status === "ok" ? 200 : 503);
  });

  app.get("/stats", async (context) => context.json(await duties.stats()));

  app.on("POST", ["/purge", "/reload"], async (context, next) => {
    if (!/^application\/json\s*(;|$)/i.test(context.req.header("content-type") ?? "")) {
      return context.json({ error: "Content-Type must be application/json" }, 415);
    }
    return next();
  });

  app.post("/purge", async (context) => {
    const wanted = purgeRequestSchema.safeParse(parseJson(await context.req.text()));
    if (!wanted.success) return context.json({ error: describeIssue(wanted.error) }, 400);
    const by = context.req.header("user-agent") ?? "a client without User-Agent";
    return await answered(context, () =>
      duties.purge(withTagsAsSent(wanted.data), by.slice(0, longestAsker)),
    );
  });

  app.get("/purges", (context) => context.json({ purges: duties.purges() }));

  app.post("/reload", (context) => answered(context, duties.reload));

  app.notFound((context) =>
    context.json(
      { error: "there are GET /healthz, GET /stats, GET /purges, POST /purge and POST /reload" },
      404,
    ),
  );
  app.onError((error, context) => {
    duties.onError(error);
    return context.json({ error: "internal error; the log tells more" }, 500);
  });
  return app;
}

/** JSON is text, and names of tags are compared with what stood in fields, which is bytes. */
function withTagsAsSent({ tag, tags, ...named }: PurgeRequest): PurgeRequest {
  return {
    ...named,
    ...(tag === undefined ? {} : { tag: tagAsSent(tag) }),
    ...(tags === undefined ? {} : { tags: tags.map(tagAsSent) }),
  };
}

const longestAsker = 256;

/** What was asked for has been done, or why not. */
async function answered(context: Context, work: () => Promise<object>): Promise<Response> {
  try {
    return context.json(await work());
  } catch (error) {
    if (error instanceof UsageError) return context.json({ error: error.message }, 400);
    if (error instanceof FleetError) return context.json({ error: error.message }, 503);
    throw error;
  }
}

/** Undefined when it is none, which no schema takes. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function describeIssue(error: { issues: readonly { path: PropertyKey[]; message: string }[] }): string {
  const issue = error.issues[0];
  const where = issue === undefined || issue.path.length === 0 ? "body" : issue.path.map(String).join(".");
  return `${where}: ${issue?.message ?? "nothing to purge"}; for example {"path":"/news.html"} or {"all":true}`;
}

/**
 * Against DNS rebinding: a page whose name was made to point here sends that name as Host. An address cannot be made to
 * point elsewhere, so addresses are safe.
 */
export function hostPermitted(host: string | undefined, hostName: string): boolean {
  if (host === undefined) return false;
  const name = host.replace(/:\d*$/, "").toLowerCase();
  return (
    name === "localhost" ||
    name === hostName.toLowerCase() ||
    /^\d{1,3}(\.\d{1,3}){3}$/.test(name) ||
    /^\[[0-9a-f:.]+\]$/.test(name)
  );
}
