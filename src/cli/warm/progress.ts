import { SingleBar } from "cli-progress";
import { readableCount, readableDuration, readableRate, readableShare } from "../../control/amounts.ts";

/** How far it is. */
export interface Stand {
  /** Requests that have ended. */
  readonly done: number;
  /** Requests that are known of, and whether these are all. */
  readonly known: number;
  readonly isWhole: boolean;
  /** Since the first one was sent. */
  readonly milliseconds: number;
}

export interface Progress {
  /** Says a line, where one can read it beside the bar. */
  say(line: string): void;
  end(): void;
}

const barMilliseconds = 250;
const lineMilliseconds = 10_000;

/** Tells how far it is: by a bar on a terminal, by a line now and then elsewhere. */
export function startProgress(
  stand: () => Stand,
  isTerminal: boolean,
  complain: (line: string) => void,
): Progress {
  if (isTerminal) return startBar(stand, complain);
  const timer = setInterval(() => complain(progressLine(stand())), lineMilliseconds);
  return { say: complain, end: () => clearInterval(timer) };
}

function startBar(stand: () => Stand, complain: (line: string) => void): Progress {
  const bar = new SingleBar({
    format: "{bar} {words}",
    barCompleteChar: "#",
    barIncompleteChar: "-",
    barsize: 24,
    hideCursor: true,
    clearOnComplete: true,
    stopOnComplete: false,
    linewrap: false,
  });
  const show = () => {
    const now = stand();
    bar.setTotal(Math.max(now.known, 1));
    bar.update(now.done, { words: progressLine(now) });
  };
  bar.start(1, 0, { words: progressLine(stand()) });
  const timer = setInterval(show, barMilliseconds);
  return {
    say(line) {
      process.stderr.write("\r\x1b[K");
      complain(line);
      show();
    },
    end() {
      clearInterval(timer);
      bar.stop();
    },
  };
}

/** "1,200 of 5,000 (24.0 %), 118 a second, 32 s left" */
export function progressLine({ done, known, isWhole, milliseconds }: Stand): string {
  if (known === 0 && !isWhole) return "reading what is to be asked for";
  const rate = milliseconds > 0 ? (done * 1000) / milliseconds : 0;
  if (!isWhole)
    return `${readableCount(done)} of ${readableCount(known)} or more, ${readableRate(rate)} a second`;
  const share = `${readableCount(done)} of ${readableCount(known)} (${readableShare(done, known)})`;
  const left = rate > 0 ? `, ${readableDuration(((known - done) * 1000) / rate)} left` : "";
  return `${share}, ${readableRate(rate)} a second${left}`;
}
