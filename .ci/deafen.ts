/**
 * Makes a built binary deaf to the variables by which Bun would run something else in it, before its own first line:
 * `BUN_OPTIONS=--preload=x.js` runs code in it, `BUN_BE_BUN=1` makes it Bun's command line, `BUN_INSPECT` opens a port at
 * which others run code. Bun's build has no option for that, so the names that the binary looks for are changed into
 * ones that no shell can set. What it reads later is dropped by src/system/steering.ts.
 */
import { closeSync, openSync, readFileSync, writeSync } from "node:fs";

const names = ["BUN_OPTIONS", "BUN_BE_BUN", "BUN_INSPECT", "BUN_INSPECT_CONNECT_TO", "BUN_INSPECT_PRELOAD"];
/** In place of the first letter: a name ends at its first "=". */
const impossible = "=";

const [, , path] = process.argv;
if (path === undefined) throw new Error("which binary?");
const bytes = readFileSync(path);
const places = names.map((name) => {
  const places = placesOf(`\0${name}\0`);
  if (places.length === 1) return places[0] ?? 0;
  throw new Error(`${path} names ${name} ${places.length} times, not once: see what this Bun does with it`);
});
const file = openSync(path, "r+");
for (const place of places) writeSync(file, impossible, place + 1);
closeSync(file);

function placesOf(text: string): number[] {
  const found: number[] = [];
  for (let at = bytes.indexOf(text); at >= 0; at = bytes.indexOf(text, at + 1)) found.push(at);
  return found;
}
