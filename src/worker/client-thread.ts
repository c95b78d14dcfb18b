import { dlopen } from "bun:ffi";

/** Linux's policies for threads without privileges: see sched(7). */
const [normal, batch] = [0, 3];

const libraries = ["libc.so.6", `libc.musl-${process.arch === "arm64" ? "aarch64" : "x86_64"}.so.1`];

/**
 * Starts the thread of Bun's HTTP client, as one that waits for its turn. By itself it would interrupt the thread that
 * serves, on the same core, for each single request that is handed to it; so it finds several each time it wakes. A
 * thread has the policy of the thread that starts it.
 *
 * Does nothing where this is not Linux or the system refuses it: requests to the origin cost more there, no more.
 */
export async function startClientThread(): Promise<void> {
  const setPolicy = policySetter();
  if (setPolicy === null) return;
  setPolicy(batch);
  try {
    // Any request starts it, and nobody can listen there.
    await fetch("http://localhost/", { unix: "/dev/null" });
  } catch {
    // As expected: it was refused.
  } finally {
    setPolicy(normal);
  }
}

/** Of the thread that calls; null where there is no such thing. */
function policySetter(): ((policy: number) => void) | null {
  if (process.platform !== "linux") return null;
  const [thisThread, withoutPriority] = [0, new Int32Array(1)];
  for (const library of libraries) {
    const set = systemCall(library);
    if (set !== null) return (policy) => set(thisThread, policy, withoutPriority);
  }
  return null;
}

function systemCall(library: string) {
  try {
    const form = { args: ["i32", "i32", "ptr"], returns: "i32" } as const;
    return dlopen(library, { sched_setscheduler: form }).symbols.sched_setscheduler;
  } catch {
    return null;
  }
}
