import { expect, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { workerSocketPath } from "../../src/control/worker-socket.ts";
import { removeWorkerSocket, removeWorkerSockets } from "../../src/supervisor/worker-sockets.ts";

test("sockets of workers are removed one by one or all, and nothing else in the folder", () => {
  const directory = mkdtempSync(join(tmpdir(), "sockets-"));
  try {
    for (const name of ["worker-1-0a", "worker-2-0b", "worker-2-0c", "admin"]) {
      writeFileSync(workerSocketPath(directory, name), "");
    }
    writeFileSync(join(directory, "lock"), "");
    removeWorkerSocket(directory, "worker-1-0a");
    removeWorkerSocket(directory, "worker-1-gone");
    expect(readdirSync(directory).sort()).toEqual([
      "admin.sock",
      "lock",
      "worker-2-0b.sock",
      "worker-2-0c.sock",
    ]);
    removeWorkerSockets(directory);
    expect(readdirSync(directory).sort()).toEqual(["admin.sock", "lock"]);
  } finally {
    rmSync(directory, { recursive: true });
  }
});
