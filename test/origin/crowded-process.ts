import { closeSync, openSync, writeSync } from "node:fs";
import { createForward } from "../../src/origin/forward.ts";
import { systemClocks } from "../fixtures/clocks.ts";

/** Asks an origin, first as ever, then when the process has no descriptor left. `bun … ORIGIN` */
const [, , origin = ""] = process.argv;
const told: string[] = [];
const forward = createForward({
  origin,
  firstByteTimeout: 5_000,
  idleTimeout: 5_000,
  clientTimeout: 5_000,
  ...systemClocks,
  onFailure: (reason) => told.push(reason),
});

async function ask(): Promise<number> {
  // A connection that was used before would need no descriptor.
  const fields = new Headers({ connection: "close" });
  const answer = await forward({ method: "GET", target: "/", fields, body: null }, new AbortController());
  if (!answer.ok) return answer.failure.status;
  await answer.response.body?.cancel();
  return answer.response.status;
}

// The thread of Bun's client has to be there, as it is in a worker from its start.
await fetch("http://localhost/", { unix: "/dev/null" }).catch(() => undefined);
const taken: number[] = [];
try {
  for (;;) taken.push(openSync("/dev/null", "r"));
} catch {
  // That was the last one.
}
const crowded = await ask();
for (const descriptor of taken) closeSync(descriptor);
writeSync(1, `${crowded} ${told.join()} ${await ask()}`);
process.exit(0);
