import { openLibc } from "../system/libc.ts";

/** Linux's policies for threads without privileges: see sched(7). */
const [normal, batch] = [0, 3];

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
  const libc = openLibc({ sched_setscheduler: { args: ["i32", "i32", "ptr"], returns: "i32" } });
  const [thisThread, withoutPriority] = [0, new Int32Array(1)];
  return libc && ((policy) => libc.sched_setscheduler(thisThread, policy, withoutPriority));
}
