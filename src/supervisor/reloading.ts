import type { Cancel, Clock } from "../system/clock.ts";
import type { Journal } from "./journal.ts";
import { looksOf, namedFiles } from "./named-files.ts";
import type { Reload } from "./reload.ts";
import { reasonOf } from "./reload.ts";
import type { StopSignals } from "./signals.ts";
import { watch } from "./watch.ts";

export interface ReloadingOptions {
  readonly reload: Reload;
  readonly signals: Pick<StopSignals, "onHangUp">;
  readonly clock: Clock;
  readonly journal: Pick<Journal, "error">;
}

/** Who renews certificates need not tell: they are looked at so often. */
const CERTIFICATES_MILLISECONDS = 60_000;

/** Reloads without being asked over the admin socket: at SIGHUP, and where the operator wants it, when files change. */
export function startReloading({ reload, signals, clock, journal }: ReloadingOptions): Cancel {
  function reloadNow(): void {
    reload.request().catch((error: unknown) => {
      // What the operator can mend has been told.
      if (reasonOf(error) === undefined) journal.error(`the reload failed: ${error}`);
    });
  }

  function look(): string | null {
    const { settings } = reload.current;
    if (!settings.watch) return null;
    const { certificates, authorities } = namedFiles(reload.current);
    const file = settings.configFile === undefined ? [] : [settings.configFile];
    return looksOf([...file, ...certificates, ...authorities]);
  }

  signals.onHangUp(reloadNow);
  const cancels = [
    watch({ clock, look, onChange: reloadNow }),
    clock.every(CERTIFICATES_MILLISECONDS, () => {
      reload.lookAtCertificates().catch((error: unknown) => journal.error(`the reload failed: ${error}`));
    }),
  ];
  return () => {
    for (const cancel of cancels) cancel();
  };
}
