import type { FrameSize } from "./top/frame.ts";

/** A terminal that is drawn on as a whole, again and again. */
export interface LiveScreen {
  readonly size: FrameSize;
  /** Shows these lines and nothing else. Each is no wider than the screen. */
  draw(lines: readonly string[]): void;
  /** Resolves when the user wants to leave, or the process is to end. */
  readonly ended: Promise<void>;
  /** Gives the terminal back as it was. */
  close(): void;
}

/** See ECMA-48, and the private modes of xterm: another screen, cursor, wrapping of lines, one picture at once. */
const enter = "\x1b[?1049h\x1b[?25l\x1b[?7l";
const leave = "\x1b[?7h\x1b[?25h\x1b[?1049l";
const beginPicture = "\x1b[?2026h\x1b[H";
const endOfLine = "\x1b[K";
const endPicture = "\x1b[J\x1b[?2026l";

const endingKeys = new Set(["q", "Q", "\x03", "\x04", "\x1b"]);
const pausingKey = "\x1a";
const endingSignals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** What is there when a terminal does not say how large it is. */
const usualSize = { columns: 80, rows: 24 };

/** Takes the terminal until `close`. `onChange`: what is shown has to be drawn anew. */
export function openScreen(onChange: () => void): LiveScreen {
  const { stdin, stdout } = process;
  const ended = Promise.withResolvers<void>();
  const end = () => ended.resolve();
  const hasKeys = stdin.isTTY === true;

  function take(): void {
    if (hasKeys) stdin.setRawMode(true);
    stdout.write(enter);
  }

  function giveBack(): void {
    stdout.write(leave);
    if (hasKeys) stdin.setRawMode(false);
  }

  function heed(keys: Buffer): void {
    const text = keys.toString("latin1");
    if (text === pausingKey) pause();
    else if ([...text].some((key) => endingKeys.has(key)) && !isSequence(text)) end();
  }

  /** As the shell's users are used to: fg brings it back. */
  function pause(): void {
    giveBack();
    process.kill(process.pid, "SIGSTOP");
  }

  function goOn(): void {
    take();
    onChange();
  }

  take();
  if (hasKeys) {
    stdin.on("data", heed);
    stdin.on("end", end);
    stdin.resume();
  }
  stdout.on("resize", onChange);
  stdout.on("error", end);
  for (const signal of endingSignals) process.on(signal, end);
  process.on("SIGCONT", goOn);

  return {
    get size() {
      const { columns = usualSize.columns, rows = usualSize.rows } = stdout;
      return columns > 0 && rows > 0 ? { columns, rows } : usualSize;
    },
    draw(lines) {
      // A terminal that was told to wait has not taken what was drawn before.
      if (stdout.writableLength > 0) return;
      stdout.write(`${beginPicture}${lines.map((line) => line + endOfLine).join("\r\n")}${endPicture}`);
    },
    ended: ended.promise,
    close() {
      stdout.off("resize", onChange);
      process.off("SIGCONT", goOn);
      for (const signal of endingSignals) process.off(signal, end);
      stdin.off("data", heed);
      stdin.pause();
      giveBack();
    },
  };
}

/** Arrows and the like send an escape with more behind it. */
function isSequence(text: string): boolean {
  return text.length > 1 && text.startsWith("\x1b");
}
