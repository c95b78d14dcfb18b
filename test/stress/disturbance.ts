import { roleOf, type RunningProxy, untilGone } from "../e2e/harness.ts";
import { type Dice, diceFor } from "./dice.ts";
import { createLapses, type Lapse } from "./lapses.ts";
import type { Program } from "./program.ts";

/** Kills processes of a running program and stops them for a time, or until they are replaced. */
export interface Disturbance {
  /** Whether a process that answers clients may have ended since, so that an answer may have been lost with it. */
  mayHaveLost(since: number): boolean;
  /** See `Lapses`. */
  wasSupervised(since: number): Promise<boolean>;
  /** How often the program was started anew. */
  readonly starts: number;
  /** Whether a program began while processes of the one before it, which was killed, were still there. */
  readonly wasFollowedAtOnce: boolean;
  /** Lets all that is stopped go on; resolves when nothing more happens. */
  end(): Promise<void>;
  /** A time of `performance.now`, as the story tells it. */
  moment(at: number): string;
  /** What was done, and when, for the one who reads a complaint. */
  readonly story: readonly string[];
  readonly complaints: readonly string[];
}

const deeds = [
  "kill a worker",
  "stop the keeper",
  "stop a worker",
  "kill the keeper",
  "stop a worker",
  "kill a worker",
  "kill the keeper",
  "stop the supervisor",
  "stop the keeper",
  "kill the supervisor",
] as const;

/** What a program takes to end whose supervisor was killed: it finishes what it has begun. */
const END_MILLISECONDS = 20_000;

const now = () => performance.now();

export function disturb(seed: number, program: Program): Disturbance {
  const beganAt = now();
  const story: string[] = [];
  const complaints: string[] = [];
  const lapses = createLapses();
  /** What goes on when the program is to be calm, and how. */
  const stopped = new Map<number, () => void>();
  const underWay = new Set<Promise<unknown>>();
  let starts = 0;
  let wasFollowedAtOnce = false;
  let isOver = false;
  const over = Promise.withResolvers<void>();

  const moment = (at: number) => `${Math.round(at - beganAt)} ms`;

  function tell(what: string): void {
    story.push(`${moment(now())}: ${what}`);
  }

  function signal(pid: number, name: NodeJS.Signals): boolean {
    // Its number may be another's by now.
    if (roleOf(pid) === "") return false;
    try {
      return process.kill(pid, name);
    } catch {
      return false;
    }
  }

  function detach(work: Promise<void>): void {
    underWay.add(work.catch((error: unknown) => void complaints.push(`the disturbance: ${error}`)));
  }

  /** No client waits for the keeper. */
  function beginLapse(name: "worker" | "keeper" | "supervisor"): Lapse | undefined {
    if (name === "keeper") return undefined;
    return lapses.begin(name === "worker" ? "answers" : "supervisor");
  }

  async function killed(pid: number, name: "worker" | "keeper"): Promise<void> {
    const lapse = beginLapse(name);
    tell(`kill ${name} ${pid}`);
    signal(pid, "SIGKILL");
    await untilGone(pid);
    lapse?.end();
  }

  /** It goes on after so long, unless it is killed before; undefined: it never does by itself. */
  async function stop(
    pid: number,
    name: "worker" | "keeper" | "supervisor",
    milliseconds: number | undefined,
  ): Promise<void> {
    if (stopped.has(pid)) return;
    const lapse = beginLapse(name);
    const goesOn = Promise.withResolvers<void>();
    tell(`stop ${name} ${pid} for ${milliseconds ?? "ever"}`);
    signal(pid, "SIGSTOP");
    stopped.set(pid, goesOn.resolve);
    const endings = [goesOn.promise, untilGone(pid)];
    await Promise.race(milliseconds === undefined ? endings : [...endings, Bun.sleep(milliseconds)]);
    stopped.delete(pid);
    tell(`${signal(pid, "SIGCONT") ? "continue" : "gone is"} ${name} ${pid}`);
    lapse?.end();
  }

  async function killSupervisor(dice: Dice): Promise<void> {
    const begun = [lapses.begin("answers"), lapses.begin("program")];
    await program.restart((running) => endBadly(running, dice));
    starts++;
    tell("started again");
    for (const lapse of begun) lapse.end();
  }

  async function endBadly(running: RunningProxy, dice: Dice): Promise<void> {
    const workers = await running.workerPids();
    const keeper = await running.keeperPid().catch(() => undefined);
    const children = keeper === undefined ? workers : [...workers, keeper];
    const isKeeperKilled = dice.percent(50);
    tell(`kill supervisor ${running.pid}${isKeeperKilled ? ` and keeper ${keeper}` : ""}`);
    running.signal("SIGKILL");
    if (keeper !== undefined && isKeeperKilled) signal(keeper, "SIGKILL");
    await running.exited;
    // Nobody is left who would replace what is stopped.
    for (const goOn of stopped.values()) goOn();
    // The next one may come at once, while these finish what they have begun.
    const isFollowedAtOnce = dice.percent(40);
    wasFollowedAtOnce ||= isFollowedAtOnce;
    if (isFollowedAtOnce) detach(ended(children));
    else await ended(children);
  }

  /** What a supervisor has left ends by itself. */
  async function ended(children: readonly number[]): Promise<void> {
    const gone = Promise.all(children.map(untilGone)).then(() => "gone" as const);
    const ending = await Promise.race([gone, Bun.sleep(END_MILLISECONDS)]);
    tell(`${ending === "gone" ? "gone are" : "still there are"} ${children.join(", ")}`);
    if (ending === "gone") return;
    complaints.push("processes of a supervisor that was killed have not ended");
    for (const pid of children) signal(pid, "SIGKILL");
  }

  async function aWorker(dice: Dice): Promise<number | undefined> {
    const pids = await program.running().workerPids();
    return pids[dice.roll(pids.length)];
  }

  async function carryOut(deed: (typeof deeds)[number], dice: Dice): Promise<void> {
    const isForEver = dice.percent(25);
    const time = 50 + dice.roll(dice.pick([500, 2_000, 4_950]));
    switch (deed) {
      case "kill the supervisor":
        return await killSupervisor(dice);
      case "stop the supervisor":
        return detach(stop(program.running().pid, "supervisor", Math.min(time, 1_500)));
      case "kill a worker":
      case "stop a worker": {
        const pid = await aWorker(dice);
        if (pid === undefined) return;
        const isKilled = deed === "kill a worker";
        return detach(isKilled ? killed(pid, "worker") : stop(pid, "worker", isForEver ? undefined : time));
      }
      case "kill the keeper":
      case "stop the keeper": {
        const pid = await program
          .running()
          .keeperPid()
          .catch(() => undefined);
        if (pid === undefined) return;
        const isKilled = deed === "kill the keeper";
        return detach(isKilled ? killed(pid, "keeper") : stop(pid, "keeper", isForEver ? undefined : time));
      }
    }
  }

  async function go(): Promise<void> {
    const first = diceFor(seed, "disturbance").roll(deeds.length);
    for (let count = 0; !isOver; count++) {
      const dice = diceFor(seed, "disturbance", count);
      await Promise.race([Bun.sleep(100 + dice.roll(1_200)), over.promise]);
      const deed = deeds[(first + count) % deeds.length];
      if (!isOver && deed !== undefined) await carryOut(deed, dice);
    }
  }

  const going = go();

  return {
    moment,
    story,
    complaints,
    get starts() {
      return starts;
    },
    get wasFollowedAtOnce() {
      return wasFollowedAtOnce;
    },
    mayHaveLost: (since) => lapses.since("answers", since),
    wasSupervised: lapses.wasSupervised,
    async end() {
      isOver = true;
      over.resolve();
      await going;
      for (const goOn of stopped.values()) goOn();
      await Promise.all(underWay);
    },
  };
}
