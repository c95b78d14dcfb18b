import { dirname, join } from "node:path";

/** A source file: its path from the root, "src/rules/vary.ts", and its text. */
export interface Source {
  readonly path: string;
  readonly text: string;
}

interface Arrow {
  readonly from: string;
  readonly to: string;
}

/** Which rooms each room may import from, beside itself. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  rules: [],
  sites: ["rules"],
  config: ["rules", "sites"],
  store: ["rules"],
  origin: ["rules", "sites"],
  serve: ["rules", "sites", "store", "origin", "control/explanation", "control/cacheability"],
  control: ["rules", "sites", "store", "config"],
  system: ["control"],
  keeper: ["rules", "sites", "store", "config", "control", "system"],
  worker: ["rules", "sites", "store", "origin", "serve", "config", "control", "system"],
  page: ["control", "rules/reason"],
  supervisor: ["rules", "sites", "store/disk/index-format", "config", "control", "system", "page/bundle"],
  cli: ["rules", "sites", "store", "config", "control", "system", "keeper", "worker", "supervisor"],
  main: ["cli", "system"],
};

/** Rooms where time, chance and the environment come in as arguments. */
const pureRooms = ["rules", "sites", "config", "control", "store", "origin", "serve"];
const worldly =
  /\bDate\.now\b|\bnew Date\(\s*\)|\bperformance\.now\b|\bprocess\.(env|hrtime|argv)\b|\bBun\.(env|nanoseconds)\b|\bMath\.random\b|\brandomUUID\b|\brandomBytes\b|\bgetRandomValues\b/;

export const MAX_LINES = 320;

/** Arrows the design forbids, with why: "src/a.ts → src/b.ts". */
export function wrongArrows(sources: readonly Source[]): string[] {
  return arrowsOf(sources).flatMap(({ from, to }) => {
    const room = roomOf(from);
    const allowed = mayImport[room];
    if (!allowed) return [`${from} is in no room of the design`];
    return roomOf(to) === room || allowed.some((each) => belongsTo(to, each)) ? [] : [`${from} → ${to}`];
  });
}

/** Each circle of imports, once: "src/a.ts → src/b.ts → src/a.ts". Types count. */
export function cycles(sources: readonly Source[]): string[] {
  const arrows = arrowsOf(sources);
  const found: string[] = [];
  const finished = new Set<string>();
  const walk = (path: string, trail: readonly string[]) => {
    const start = trail.indexOf(path);
    if (start >= 0) found.push([...trail.slice(start), path].join(" → "));
    if (start >= 0 || finished.has(path)) return;
    for (const { from, to } of arrows) if (from === path) walk(to, [...trail, path]);
    finished.add(path);
  };
  for (const { path } of sources) walk(path, []);
  return found;
}

/** Files that hand on what others export, so that nobody sees where it lives. */
export function barrels(sources: readonly Source[]): string[] {
  return sources
    .filter(({ text }) => /^export\s+(type\s+)?(\*|\{[^}]*\})[^;]*\bfrom\s*"/m.test(text))
    .map(({ path }) => path);
}

export function tooLong(sources: readonly Source[]): string[] {
  return sources
    .map(({ path, text }) => ({ path, lines: text.trimEnd().split("\n").length }))
    .filter(({ lines }) => lines > MAX_LINES)
    .map(({ path, lines }) => `${path} has ${lines} lines`);
}

/** Lines that read the clock, the environment or chance where they should come in as arguments. */
export function worldlyLines(sources: readonly Source[]): string[] {
  return sources
    .filter(({ path }) => pureRooms.includes(roomOf(path)))
    .flatMap(({ path, text }) => {
      const lines = withoutComments(text).split("\n");
      return lines.flatMap((line, index) =>
        worldly.test(line) ? [`${path}:${index + 1} ${line.trim()}`] : [],
      );
    });
}

/** Rules know HTTP and nothing else: no module of the system, no object of the server. A hash is a pure function. */
export function impureRules(sources: readonly Source[]): string[] {
  const impure =
    /\bfrom\s*"(node:|bun\b)[^"]*"|\bBun\.(?!CryptoHasher\b)|\bnew (Request|Response)\b|\bfetch\(|\bawait\b|\bset(Timeout|Interval)\(/;
  return sources
    .filter(({ path, text }) => roomOf(path) === "rules" && impure.test(withoutComments(text)))
    .map(({ path }) => path);
}

/** "src/rules/vary.ts" is in "rules", "src/main.ts" in "main". */
function roomOf(path: string): string {
  return (path.split("/")[1] ?? "").replace(/\.tsx?$/, "");
}

function belongsTo(path: string, room: string): boolean {
  return path.startsWith(`src/${room}/`) || (room.includes("/") && path.startsWith(`src/${room}`));
}

/** Static and dynamic imports of files of the project, types too. */
function arrowsOf(sources: readonly Source[]): Arrow[] {
  const imports = /\b(?:from|import)\s*\(?\s*"(\.[^"]+\.tsx?)"/g;
  return sources.flatMap(({ path, text }) =>
    [...text.matchAll(imports)].map(([, target = ""]) => ({ from: path, to: join(dirname(path), target) })),
  );
}

/** Lines stay where they are. */
function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm, (comment) => comment.replace(/[^\n]/g, " "));
}
