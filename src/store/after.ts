/** Runs something once, so many milliseconds from now, unless what it returns is called before. */
export type After = (milliseconds: number, run: () => void) => () => void;

/** By the system's clock. Nothing that is planned so keeps the process from its end. */
export const systemAfter: After = (milliseconds, run) => {
  const timer = setTimeout(run, milliseconds);
  timer.unref();
  return () => clearTimeout(timer);
};
