import { createFrameReader } from "../control/frames.ts";
import { encodeMessage, fromKeeperSocketSchema } from "../control/keeper-wire.ts";
import type { Finding } from "../keeper/inspection.ts";
import { CommandError } from "./surroundings.ts";

/** What is told meanwhile. */
export interface Progress {
  /** `total` is in bytes. */
  onChecked(responses: number, bytes: number, total: number): void;
  onFinding(finding: Finding): void;
}

/** Has the keeper that listens there compare all that is stored. Rejects with a `CommandError` when it cannot. */
export async function verifyByKeeper(path: string, fix: boolean, progress: Progress): Promise<void> {
  const done = Promise.withResolvers<void>();
  const frames = createFrameReader();

  function hear(text: string): void {
    const message = fromKeeperSocketSchema.parse(JSON.parse(text));
    switch (message.kind) {
      case "progress":
        progress.onChecked(message.responses, message.bytes, message.total);
        break;
      case "finding": {
        const { what, where, removed } = message;
        progress.onFinding({ what, where, removed });
        break;
      }
      case "verified":
        progress.onChecked(message.responses, message.bytes, message.bytes);
        done.resolve();
        break;
      case "refused":
        done.reject(new CommandError(message.message));
        break;
    }
  }

  const absent = "the cacheproxy that has the cache directory does not answer; try again in a moment";
  const unfit = "the cacheproxy that has the cache directory is another version: use its own verify";
  const socket = await Bun.connect({
    unix: path,
    socket: {
      open: (opened) => void opened.write(encodeMessage({ kind: "verify", request: 1, fix })),
      data(_, chunk) {
        try {
          for (const { head } of frames(chunk)) hear(head);
        } catch {
          done.reject(new CommandError(unfit));
        }
      },
      close: () => done.reject(new CommandError(absent)),
      // What comes of it is a close.
      error: () => undefined,
    },
  }).catch(() => {
    throw new CommandError(absent);
  });
  try {
    await done.promise;
    socket.write(encodeMessage({ kind: "bye" }));
  } finally {
    socket.end();
  }
}
