import { codeOf } from "../config/listen-refusal.ts";
import { listenerOn } from "../system/sockets.ts";

/** A name that no other process of this user has. */
export interface Claim {
  release(): void;
}

/**
 * Claims a name, or tells which process has it, as far as the system does; undefined where names cannot be claimed. The
 * name is an abstract one: it is gone with its process, and belongs to the same network as the ports. See unix(7).
 */
export function claimName(name: string): Claim | { readonly holder: number | undefined } | undefined {
  if (process.platform !== "linux") return undefined;
  try {
    const claim = Bun.listen({
      unix: `\0${name}`,
      socket: { open: (socket) => void socket.end(), data: () => undefined },
    });
    return { release: () => claim.stop(true) };
  } catch (error) {
    if (codeOf(error) !== "EADDRINUSE") return undefined;
    const holder = listenerOn(name);
    // Another user may take any name, but cannot share what it stands for.
    return holder !== undefined && holder.uid !== process.getuid?.() ? undefined : { holder: holder?.pid };
  }
}
