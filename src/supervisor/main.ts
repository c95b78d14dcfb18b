import { fstatSync } from "node:fs";
import { isatty } from "node:tty";
import { codeOf } from "../config/listen-refusal.ts";
import type { Settings } from "../config/schema.ts";
import type { DebugKey } from "../control/debug-token.ts";
import { type Door, keepSocket } from "../control/kept-socket.ts";
import { secretOf } from "../sites/secret.ts";
import { indexPath, noteUnremoved } from "../store/disk/index-format.ts";
import {
  type AdminDoor,
  adminSocketPath,
  listenOnAddress,
  listenOnSocket,
  type NetworkGuard,
} from "./admin/listener.ts";
import { adminTokenPath, createTokenFile, debugKeyPath } from "./admin/token-file.ts";
import { type Clock, systemClock, within } from "../system/clock.ts";
import type { Configuration, ConfigurationSource, ReadConfiguration } from "./configuration.ts";
import { createJournal, droppedLine, type Journal } from "./journal.ts";
import { openLogFile } from "./log-file.ts";
import { createLogWriter, type LogWriter, streamWriter } from "./log-writer.ts";
import { type Places, takePlaces } from "./places.ts";
import { answerOtherSignals, listenForStopSignals } from "./signals.ts";
import { type AdminSettings, type SupervisorParts, supervise } from "./supervise.ts";
import { createTroubles, type Troubles } from "./troubles.ts";
import { readerOf } from "./index-reading.ts";
import { createUnremovedNote } from "./unremoved-note.ts";
import { coloursWanted } from "../system/colours-wanted.ts";
import { type Environment, ownCommand } from "../system/own-program.ts";
import { childSpawner } from "./worker-process.ts";
import { removeWorkerSocket, removeWorkerSockets } from "./worker-sockets.ts";

/** What a reader of the log that stalls may cost at the end. */
const flushMilliseconds = 2_000;

/**
 * Runs the proxy until a signal ends it. The exit code: 0 after SIGTERM or SIGINT and an orderly end, 128 + the signal's
 * number after a second one, which ends everything at once, and 1 when the workers could not begin to serve (2 where the
 * operator has to mend that). Throws a `UsageError` when the cache directory or the port is another's, or the admin
 * address cannot be listened on. `patience` is how many milliseconds it waits, at the very end, for whoever reads its
 * output.
 */
export async function runSupervisor(
  configuration: ReadConfiguration,
  source: ConfigurationSource,
  environment: Environment = process.env,
  patience = flushMilliseconds,
): Promise<number> {
  const { settings } = configuration;
  const clock = systemClock;
  const stdout = createLogWriter({
    clock,
    writeAll: streamWriter(Bun.stdout),
    tellDropped: (count) => droppedLine(settings.log, clock, count),
  });
  const stderr = createLogWriter({
    clock,
    writeAll: streamWriter(Bun.stderr),
    tellDropped: (count) => droppedLine("pretty", clock, count),
  });
  const colours = {
    log: settings.log === "pretty" && settings.logFile === undefined && coloursWanted(environment, isatty(1)),
    journal: coloursWanted(environment, isatty(2)),
  };
  const signals = listenForStopSignals();
  const journal = createJournal({ ...settings, clock, colours: colours.journal, stdout, stderr });
  for (const notice of configuration.notices) journal.warn(notice);
  const troubles = createTroubles(clock, journal);
  const { requestLog, reopen, close } = requestLogOf(settings, stdout, clock, troubles);
  answerOtherSignals(journal.info, reopen, isFile(1));
  try {
    const places = await takePlaces(settings, {
      clock,
      patience: settings.takeover,
      tell: journal.info,
      stop: signals.first,
    });
    if (places === undefined) return 0;
    try {
      return await superviseOnDisk(configuration, environment, places, {
        source,
        clock,
        journal,
        requestLog,
        signals,
        colours: colours.log,
        troubles,
      });
    } finally {
      places.release();
    }
  } finally {
    signals.ignore();
    await Promise.all([stdout, stderr, requestLog].map((writer) => writer.flush(patience)));
    // What is being written into a pipe that nobody reads would hold it up.
    await within(clock, patience, close());
  }
}

/** Where lines of requests go. `reopen` is null where they go to standard output. */
function requestLogOf(
  { log, logFile }: Settings,
  stdout: LogWriter,
  clock: Clock,
  troubles: Pick<Troubles, "note">,
) {
  if (logFile === undefined) return { requestLog: stdout, reopen: null, close: async () => undefined };
  const file = openLogFile(logFile, (error) =>
    troubles.note({
      code: "LOG_FILE",
      message: `lines of the log are lost: ${JSON.stringify(logFile)} cannot be written to (${error})`,
    }),
  );
  const requestLog = createLogWriter({
    clock,
    writeAll: file.writeAll,
    tellDropped: (count) => droppedLine(log, clock, count),
  });
  return { requestLog, reopen: file.reopen, close: file.close };
}

/** Supervises until the end. The exit code. */
async function superviseOnDisk(
  configuration: Configuration,
  environment: Environment,
  places: Places,
  parts: Pick<
    SupervisorParts,
    "clock" | "journal" | "requestLog" | "signals" | "colours" | "troubles" | "source"
  >,
): Promise<number> {
  const { settings } = configuration;
  const { clock, troubles } = parts;
  removeWorkerSockets(settings.cacheDir);
  return await supervise(configuration, {
    ...parts,
    spawnWorker: childSpawner(ownCommand("worker"), environment, clock),
    spawnKeeper: childSpawner(ownCommand("keeper"), environment, clock),
    runReader: readerOf(settings.cacheDir, environment),
    keepDirectory: places.keepDirectory,
    moveTo: places.moveTo,
    unremovedNote: createUnremovedNote({
      indexPath: indexPath(settings.cacheDir),
      condemn: (path) => noteUnremoved(path, true),
      isOurs: places.holdsDirectory,
    }),
    debugKey: () => debugKeyOf(settings, places, parts.journal),
    onGone: (workerName) => removeWorkerSocket(settings.cacheDir, workerName),
    listen: (door, settingsNow) => [
      ...networkDoors(settings, door, networkGuard(settings, settingsNow, places, parts)),
      socketDoor(settings, door, places, clock, troubles),
    ],
  });
}

function networkDoors({ admin }: Settings, door: AdminDoor, guard: NetworkGuard): Door[] {
  if (admin === undefined) return [];
  // So that the operator hears at the start where the token is.
  guard.token();
  return [listenOnAddress(admin, door, guard)];
}

function networkGuard(
  { cacheDir }: Settings,
  settingsNow: () => AdminSettings,
  places: Places,
  { clock, journal }: Pick<SupervisorParts, "clock" | "journal">,
): NetworkGuard {
  const tokenOfFile = createTokenFile({
    path: adminTokenPath(cacheDir),
    called: "the token for --admin",
    orElse: "or give one by --admin-token",
    isOurs: places.holdsDirectory,
    newToken,
    info: journal.info,
    warn: journal.warn,
  });
  return {
    clock,
    isOpen: (audience) => settingsNow().adminOpen.some((open) => open === audience),
    token() {
      const { adminToken } = settingsNow();
      return adminToken === undefined ? tokenOfFile() : secretOf(adminToken);
    },
  };
}

/** Is not told of where it is made: nobody has to do anything with it. */
function debugKeyOf(
  { cacheDir }: Settings,
  places: Places,
  { warn }: Pick<Journal, "warn">,
): DebugKey | null {
  const keyOfFile = createTokenFile({
    path: debugKeyPath(cacheDir),
    called: "the key of debug tokens",
    orElse: "and start again",
    isOurs: places.holdsDirectory,
    newToken,
    info: () => undefined,
    warn,
  });
  const key = keyOfFile();
  return key === null ? null : Buffer.from(key).toString("hex");
}

function newToken(): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString("base64url");
}

function socketDoor(
  settings: Settings,
  door: AdminDoor,
  places: Places,
  clock: Clock,
  troubles: Pick<Troubles, "note">,
): Door {
  const path = adminSocketPath(settings.cacheDir);
  return keepSocket({
    path,
    listen: () => listenOnSocket(path, door),
    every: clock.every,
    isOurs: places.holdsDirectory,
    onTrouble(error) {
      const message = `the socket for purge and stats cannot be made: ${error}`;
      troubles.note({ code: codeOf(error) ?? "ADMIN_SOCKET", message });
    },
  });
}

/** False for a descriptor that is closed, too. */
function isFile(descriptor: number): boolean {
  try {
    return fstatSync(descriptor).isFile();
  } catch {
    return false;
  }
}
