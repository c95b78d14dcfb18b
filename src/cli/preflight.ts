import { networkInterfaces } from "node:os";
import { options } from "../config/options.ts";
import type { Settings } from "../config/schema.ts";
import { UsageError } from "../config/usage-error.ts";
import { checkTls } from "./preflight-tls.ts";

/** What is wrong with the settings themselves, found before anything is touched. Rejects with a `UsageError`. */
export async function preflight(settings: Settings): Promise<void> {
  refuseToAskItself(settings);
  await checkTls(settings);
  refuseOnePortForTwo(settings);
}

function refuseOnePortForTwo({ admin, port }: Settings): void {
  if (admin === undefined || Number(new URL(`tcp://${admin}`).port) !== port) return;
  throw new UsageError(`--${options.admin.name} ${admin} is the port of the cache; it should be another`);
}

/** An origin that is the proxy itself would be asked without end. */
function refuseToAskItself({ origin, host, port }: Settings): void {
  const url = new URL(origin);
  const originPort = Number(url.port || (url.protocol === "https:" ? 443 : 80));
  const originHost = url.hostname.replace(/^\[(.*)\]$/, "$1");
  if (originPort !== port) return;
  const everywhere = host === "0.0.0.0" || host === "::";
  if (originHost === host || (everywhere && ownAddresses().includes(originHost))) {
    throw new UsageError(
      `--origin ${origin} is where cacheproxy itself would listen; it should be another port`,
    );
  }
}

function ownAddresses(): string[] {
  const assigned = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  return ["localhost", "0.0.0.0", "::", ...assigned.map(({ address }) => address)];
}
