import { Option } from "commander";
import type { Settings } from "../config/schema.ts";
import { type Top, topSchema } from "../control/top.ts";
import { askSupervisor } from "./admin-client.ts";
import { visibleJsonLines } from "../control/visible-text.ts";
import { type CommandShape, commandOf } from "./command-line.ts";
import { exitCode } from "./exit-code.ts";
import { type LiveScreen, openScreen } from "./live-screen.ts";
import { settingsOfRunning } from "./settings-of-running.ts";
import { coloursIn, CommandError } from "./surroundings.ts";
import { frame, type TopView } from "./top/frame.ts";

const shape: CommandShape = {
  name: "cacheproxy top",
  summary:
    "Watch what a running cacheproxy does: how much, how well, and what costs the origin most. On a terminal it is drawn anew every two seconds until q is pressed; elsewhere it is told once.",
  settings: ["cacheDir", "configFile"],
  own: [
    new Option("--once", "tell it once, on a terminal too"),
    new Option("--json", "tell it once, as JSON"),
  ],
};

const pauseMilliseconds = 2_000;
/** Somebody who looks at numbers has to know when they are old. */
const silenceMilliseconds = 5_000;
const columnsElsewhere = 100;

/** Draws what GET /top says. */
export const top = commandOf(shape, async (line, surroundings) => {
  const settings = await settingsOfRunning(line.flags, surroundings);
  const ask = () => askSupervisor(settings, "/top", topSchema);
  const first = await ask();
  if (line.own["json"] === true) {
    await surroundings.say(`${visibleJsonLines(first)}\n`);
    return exitCode.done;
  }
  const inColours = coloursIn(surroundings);
  if (line.own["once"] === true || !surroundings.machine.terminal) {
    const size = { columns: process.stdout.columns || columnsElsewhere, rows: null };
    await surroundings.say(`${frame({ top: first, lost: null }, size, inColours).join("\n")}\n`);
    return exitCode.done;
  }
  await watch(first, ask, inColours, settings);
  return exitCode.done;
});

/** Until the user wants to leave. A proxy that is gone, or silent, is waited for. */
async function watch(
  first: Top,
  ask: () => Promise<Top>,
  inColours: boolean,
  { cacheDir }: Settings,
): Promise<void> {
  let view: TopView = { top: first, lost: null };
  let isOver = false;
  const screen = openScreen(() => draw());
  const ended = screen.ended.then(() => {
    isOver = true;
  });

  function draw(): void {
    screen.draw(frame(view, screen.size, inColours));
  }

  function show(next: TopView): void {
    view = next;
    draw();
  }

  try {
    draw();
    await pause(screen);
    while (!isOver) {
      const asked = viewOf(ask, view);
      const inTime = await Promise.race([asked, ended, Bun.sleep(silenceMilliseconds).then(() => "silent")]);
      if (inTime === "silent") show({ ...view, lost: `the cacheproxy of ${cacheDir} does not answer` });
      const next = await Promise.race([asked, ended]);
      if (next !== undefined) show(next);
      await pause(screen);
    }
  } finally {
    screen.close();
  }
}

async function viewOf(ask: () => Promise<Top>, before: TopView): Promise<TopView> {
  try {
    return { top: await ask(), lost: null };
  } catch (error) {
    if (error instanceof CommandError) return { ...before, lost: error.message };
    throw error;
  }
}

function pause(screen: LiveScreen): Promise<void> {
  return Promise.race([Bun.sleep(pauseMilliseconds), screen.ended]);
}
