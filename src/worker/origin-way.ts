import { type OriginAddress, originAddress, originName } from "../config/origin-address.ts";
import type { Settings } from "../config/schema.ts";
import { UsageError } from "../config/usage-error.ts";
import type { ForwardOptions } from "../origin/forward.ts";

/** The settings hold what `originAddress` takes. */
export function addressOf({ origin }: Pick<Settings, "origin">): OriginAddress {
  const address = originAddress(origin);
  if (address === undefined) throw new UsageError("--origin is none; it should be an http or https URL");
  return address;
}

/** How the origin is reached, and what it is called. Rejects with a `UsageError` when its authorities cannot be read. */
export async function wayToOrigin(
  settings: Pick<Settings, "origin" | "originCa">,
): Promise<Pick<ForwardOptions, "origin" | "name" | "authorization" | "unixSocket" | "authorities">> {
  const address = addressOf(settings);
  const { origin, pathPrefix, socketPath, authorization } = address;
  return {
    origin: origin + pathPrefix,
    name: originName(address),
    authorization,
    unixSocket: socketPath ?? undefined,
    authorities: settings.originCa === undefined ? undefined : await textOf(settings.originCa),
  };
}

/** Read by each worker when it starts: also by one that takes the place of another, long after the preflight. */
async function textOf(path: string): Promise<string> {
  try {
    return await Bun.file(path).text();
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : error;
    throw new UsageError(
      `--origin-ca ${JSON.stringify(path)} cannot be read (${code}); it should be a PEM file you may read`,
    );
  }
}
