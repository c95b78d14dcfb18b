import { expect, test } from "bun:test";
import { join } from "node:path";
import { childEnvironment } from "../../src/supervisor/worker-process.ts";

test("a worker looks a name up anew after a second or two, so that an origin that has moved is found", async () => {
  const child = Bun.spawn([process.execPath, join(import.meta.dir, "look-ups.ts")], {
    env: childEnvironment(process.env),
    stdout: "pipe",
    stderr: "inherit",
  });
  expect(await child.stdout.text()).toBe("2");
});
