/** Each would end the process, or ask it for what is the supervisor's to do. */
const unheeded = ["SIGINT", "SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2"] as const;

/**
 * From here on a process that the supervisor has started heeds the supervisor alone: Ctrl-C on a terminal goes to every
 * process of the group, as does what `pkill -USR1 cacheproxy` sends, and the supervisor decides what it means.
 */
export function heedNoSignals(): void {
  for (const signal of unheeded) process.on(signal, () => undefined);
}
