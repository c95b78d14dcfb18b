import { codeOf, listenRefusal, writtenAddress } from "../config/listen-refusal.ts";
import type { Settings } from "../config/schema.ts";
import { UsageError } from "../config/usage-error.ts";
import type { requestHandlers } from "./listener.ts";
import { createPausingListener, type PausingListener } from "./pausing-listener.ts";

/** Listens where the settings say it. Throws a `UsageError` where the operator has to mend what keeps it from that. */
export async function openListener(
  settings: Settings,
  handlers: ReturnType<typeof requestHandlers>,
): Promise<PausingListener> {
  const options = {
    port: settings.port,
    hostname: settings.host,
    // Also where one worker serves: another one that takes its place listens before it leaves.
    reusePort: process.platform === "linux",
    ...(await transportOptions(settings)),
    ...handlers,
  };
  return createPausingListener({ open: () => listen(settings, options), canPause: !settings.http3 });
}

function listen(settings: Settings, options: Bun.Serve.Options<undefined>): Bun.Server<undefined> {
  try {
    return Bun.serve(options);
  } catch (error) {
    const refusal = listenRefusal(codeOf(error), writtenAddress(settings));
    throw refusal === undefined ? error : new UsageError(refusal);
  }
}

/** What the preflight has found to be there and to fit. It is read once: who listens again does so with the same. */
async function transportOptions({ tlsCert, tlsKey, http3 }: Settings) {
  if (tlsCert === undefined || tlsKey === undefined) return {};
  const [cert, key] = await Promise.all([Bun.file(tlsCert).text(), Bun.file(tlsKey).text()]);
  return { tls: { cert, key }, http2: true, http3 };
}
