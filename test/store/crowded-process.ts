import { openSync, statSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { createOpenFiles } from "../../src/store/disk/open-files.ts";

/** Reads two files through `OpenFiles`, the second when the process has no descriptor left. `bun … FOLDER` */
const [, , folder = ""] = process.argv;

function written(name: string) {
  const path = join(folder, name);
  writeFileSync(path, name);
  return { kind: "file", path, size: name.length, modifiedAt: Math.floor(statSync(path).mtimeMs) } as const;
}

const [first, second] = [written("first"), written("second")];
const files = createOpenFiles();
const before = files.isAsFound(first);
try {
  for (;;) openSync("/dev/null", "r");
} catch {
  // That was the last one.
}
const bytes = files.isAsFound(second) ? files.read(second, 0, second.size) : undefined;
writeSync(1, `${before} ${bytes && new TextDecoder().decode(bytes)}`);
process.exit(0);
