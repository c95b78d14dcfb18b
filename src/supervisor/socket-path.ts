import { constants } from "node:fs";
import { access, lstat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { codeOf, socketRefusal, writtenFlag } from "../config/listen-refusal.ts";
import { UsageError } from "../config/usage-error.ts";
import type { Spot } from "./spot.ts";

/** A socket in the file system. What a killed process has left at its path is no hindrance. */
export function socketSpot(path: string): Spot {
  const written = writtenFlag({ kind: "unix", path });
  return {
    name: `unix/${resolve(path)}`,
    written,
    async refusal() {
      const code = await whyNot(path);
      if (code === undefined) return undefined;
      const refusal = socketRefusal(code, written) ?? `${written} cannot be listened at (${code})`;
      if (code !== "EADDRINUSE") throw new UsageError(refusal);
      return refusal;
    },
  };
}

/** As the system would say it: "EADDRINUSE" while somebody listens there. */
async function whyNot(path: string): Promise<string | undefined> {
  try {
    // With a slash at its end it is a folder or nothing.
    await access(`${dirname(path)}/`, constants.W_OK | constants.X_OK);
  } catch (error) {
    return codeOf(error);
  }
  try {
    return (await lstat(path)).isSocket() ? await whoListens(path) : "EEXIST";
  } catch (error) {
    const code = codeOf(error);
    return code === "ENOENT" ? undefined : code;
  }
}

async function whoListens(path: string): Promise<string | undefined> {
  try {
    const socket = await Bun.connect({ unix: path, socket: { data: () => undefined } });
    socket.end();
    return "EADDRINUSE";
  } catch (error) {
    const code = codeOf(error);
    // Another user's: whether anybody listens there is not for this one to see.
    if (code === "EACCES" || code === "EPERM") return "EADDRINUSE";
    return code === "ECONNREFUSED" || code === "ENOENT" ? undefined : code;
  }
}
