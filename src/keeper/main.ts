import { messagesIn } from "../control/gathering.ts";
import { misfit } from "../control/misfit.ts";
import { type FromKeeper, type ToKeeper, toKeeperSchema } from "../control/keeper-messages.ts";
import { heedNoSignals } from "../control/unheeded-signals.ts";
import type { Selector } from "../store/tier.ts";
import { toStoreError } from "../store/writer.ts";
import { catchUp, systemClock } from "../system/clock.ts";
import type { Environment } from "../system/own-program.ts";
import { type House, openHouse } from "./house.ts";

/** The line to the supervisor. */
export interface SupervisorChannel {
  /** Calls back when the other side has it, or cannot have it any more. */
  send(message: FromKeeper, sent?: () => void): void;
  onMessage(receive: (message: unknown) => void): void;
  onClosed(closed: () => void): void;
}

/** Without a supervisor, for workers that finish what they have begun. */
const looksForWorkersMilliseconds = 500;

/** The one process that writes to the disk: waits for its settings, serves the workers until it is told to stop. */
export async function runKeeper(environment: Environment, channel = processChannel()): Promise<void> {
  heedNoSignals();
  let house: House | undefined;
  const stopped = Promise.withResolvers<void>();

  function stop(): void {
    Promise.resolve(house?.stop())
      .catch((error: unknown) =>
        process.stderr.write(`cacheproxy: the keeper did not end in order: ${error}\n`),
      )
      .finally(() => channel.send({ kind: "stopped" }, stopped.resolve));
  }

  channel.onMessage((raw) => {
    const parsed = toKeeperSchema.safeParse(raw);
    if (!parsed.success) {
      const message = `the supervisor said what the keeper does not know: ${misfit(parsed.error, raw)}`;
      return channel.send({ kind: "trouble", code: "CONTROL_MESSAGE", message });
    }
    const message = parsed.data;
    switch (message.kind) {
      case "start":
        catchUp(message.now);
        house = openHouse(message, environment, systemClock, (said) => channel.send(said));
        return channel.send({ kind: "ready" });
      case "remove":
        return answerRemoval(house, message.request, message.selectors, channel);
      case "list":
        return answerListing(house, message, channel);
      case "totals":
        return channel.send({ kind: "totals", request: message.request, ...totalsOf(house) });
      case "stop":
        return stop();
    }
  });
  channel.onClosed(() => {
    house?.giveWay();
    const cancel = systemClock.every(looksForWorkersMilliseconds, () => {
      if (house?.isVisited() === true && !house.isAwaited()) return;
      cancel();
      stop();
    });
  });
  channel.send({ kind: "hello" });
  await stopped.promise;
}

function totalsOf(
  house: House | undefined,
): Omit<Extract<FromKeeper, { kind: "totals" }>, "kind" | "request"> {
  if (house === undefined) return { objects: 0, bytes: 0 };
  const measures = house.measures();
  try {
    return { ...house.totals(), measures };
  } catch {
    // It is the sign of life; what is wrong with the index is told by those who need it.
    return { objects: 0, bytes: 0, measures };
  }
}

function answerRemoval(
  house: House | undefined,
  request: number,
  selectors: readonly Selector[],
  channel: SupervisorChannel,
): void {
  const removing = house?.remove(selectors) ?? notBegun();
  removing
    .then((removed) => channel.send({ kind: "removed", request, ...removed }))
    .catch((error: unknown) => {
      const { message } = toStoreError(error, "responses could not be removed");
      channel.send({ kind: "removed", request, complete: 0, partial: 0, number: 0, error: message });
    });
}

function answerListing(
  house: House | undefined,
  { request, selectors, limit }: Extract<ToKeeper, { kind: "list" }>,
  channel: SupervisorChannel,
): void {
  const listing = house?.list(selectors, limit) ?? notBegun();
  listing
    .then(({ listed, ...counts }) =>
      channel.send({ kind: "listed", request, ...counts, listed: [...listed] }),
    )
    .catch((error: unknown) => {
      const { message } = toStoreError(error, "the index could not be read");
      channel.send({ kind: "listed", request, complete: 0, partial: 0, listed: [], error: message });
    });
}

function notBegun(): Promise<never> {
  return Promise.reject(new Error("the keeper has not begun yet"));
}

/** Throws when this process was not started by a supervisor. */
function processChannel(): SupervisorChannel {
  const send = process.send?.bind(process);
  if (send === undefined) throw new Error("the keeper is started by the supervisor, not by hand");
  return {
    send: (message, sent) => void send(message, undefined, undefined, () => sent?.()),
    onMessage(receive) {
      process.on("message", (raw) => {
        for (const message of messagesIn(raw)) receive(message);
      });
    },
    onClosed: (closed) => void process.once("disconnect", closed),
  };
}
