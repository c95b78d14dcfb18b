import { createSteadyClock, type SteadyClock } from "../control/steady-clock.ts";
import type { Clocks } from "../origin/forward.ts";
import { createOrder, type Order } from "../store/order.ts";

export interface WorkerClocks extends Clocks {
  readonly order: Order;
  /** By how many milliseconds `now` is ahead of `date`. */
  readonly lead: SteadyClock["lead"];
}

/** A response that went stale while the machine slept is served for so long afterwards at the most. */
const followMilliseconds = 100;

/** Runs something again and again until what it returns is called. It keeps the process from no end. */
export function every(milliseconds: number, run: () => void): () => void {
  const timer = setInterval(run, milliseconds);
  timer.unref();
  return () => clearInterval(timer);
}

/** `now` is what the supervisor's steady clock says. */
export function startClocks(now: number): WorkerClocks {
  const monotonic = () => performance.now();
  const steady = createSteadyClock(Date.now, monotonic);
  steady.catchUp(now);
  every(followMilliseconds, steady.follow);
  const order = createOrder(steady.now);
  return { now: steady.now, date: Date.now, monotonic, next: order.next, order, lead: steady.lead };
}
