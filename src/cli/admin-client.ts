import { z } from "zod";
import type { Settings } from "../config/schema.ts";
import { adminSocketPath } from "../supervisor/admin/listener.ts";
import { CommandError } from "./surroundings.ts";

const refusal = z.object({ error: z.string() });

/** There is nobody who could be asked. */
export class NotRunningError extends CommandError {}

/**
 * Asks the supervisor that serves from this cache directory; `body` makes it a POST. Rejects with a
 * `NotRunningError` when none runs there, and with another `CommandError` when it refuses.
 */
export async function askSupervisor<Answer>(
  { cacheDir }: Settings,
  path: string,
  answer: z.ZodType<Answer>,
  body?: unknown,
): Promise<Answer> {
  const response = await ask(cacheDir, path, body);
  const text = await response.text();
  const expected = response.ok ? answer.safeParse(parseJson(text)) : undefined;
  if (expected?.success) return expected.data;
  throw new CommandError(refusalIn(text, response, path));
}

/** The same for an answer that goes on for as long as there is something to tell. */
export async function followSupervisor(
  { cacheDir }: Settings,
  path: string,
): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
  const response = await ask(cacheDir, path, undefined);
  if (response.ok && response.body !== null) return response.body;
  throw new CommandError(refusalIn(await response.text(), response, path));
}

function refusalIn(text: string, { status }: Response, path: string): string {
  const refused = refusal.safeParse(parseJson(text));
  return refused.success ? refused.data.error : `${path} was answered with ${status} and nothing of use`;
}

async function ask(cacheDir: string, path: string, body: unknown): Promise<Response> {
  const headers = { "User-Agent": "cacheproxy", "Content-Type": "application/json" };
  try {
    return await fetch(`http://localhost${path}`, {
      headers,
      ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) }),
      unix: adminSocketPath(cacheDir),
      proxy: false,
    });
  } catch {
    throw new NotRunningError(
      `no cacheproxy of yours is running with the cache directory ${JSON.stringify(cacheDir)}; --cache-dir names another`,
    );
  }
}

/** Undefined when it is none, which no schema here takes. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
