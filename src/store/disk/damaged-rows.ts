import type { StoredResponse, Trouble } from "../tier.ts";
import type { Damage } from "./body-check.ts";
import type { Entrance } from "./entrance.ts";
import type { Handover } from "./handover.ts";
import type { Outbox } from "./outbox.ts";

export interface DamagedRowsOptions {
  readonly outbox: Outbox;
  readonly entrance: Pick<Entrance, "abandon">;
  readonly handover: Pick<Handover, "schedule">;
  readonly onTrouble: (trouble: Trouble) => void;
}

/** Responses that cannot be served: they are not found any more, and the keeper is told to remove their rows. */
export interface DamagedRows {
  /** Its body is not what was stored; `what` says so of it, as in "has 3 bytes instead of 5". */
  remove(response: StoredResponse, damage: Damage, what: string): void;
  /** Its row is not one that was written here. */
  removeUnreadable(id: string, error: unknown): void;
}

export function createDamagedRows(options: DamagedRowsOptions): DamagedRows {
  const { outbox, entrance, handover, onTrouble } = options;

  function noteDamaged(id: string): void {
    outbox.noteDamaged(id);
    handover.schedule();
  }

  return {
    remove({ id, primaryKey, variantKey }, damage, what) {
      onTrouble({ code: damage, message: `the body ${id} ${what}; the response was removed` });
      const isWaiting = outbox.overlay([], primaryKey).some(({ response }) => response.id === id);
      if (isWaiting) entrance.abandon(outbox.remove({ by: "variant", primaryKey, variantKey }));
      noteDamaged(id);
    },
    removeUnreadable(id, error) {
      if (outbox.isDamaged(id)) return;
      onTrouble({ code: "BAD_ROW", message: `a row of the index is not readable: ${String(error)}` });
      noteDamaged(id);
    },
  };
}
