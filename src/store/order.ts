/**
 * The order of what happens: when an origin was asked, a response was stored or freshened, something was removed. Each
 * gets a number, and what came later has the larger one, whatever the wall clock is set to meanwhile. After a clock was
 * set back by an hour, instants would say that what is stored now is older than what it replaces.
 */
export interface Order {
  /** A number larger than all before it. */
  next(): number;
  /** A number that another process has given, or this one in an earlier life: those that follow here are larger. */
  follow(number: number): void;
}

/** Of each millisecond: more than happens in one, so that the numbers of a busy process do not run ahead of others'. */
const perMillisecond = 1000;

/** Numbers begin with the time, so that those of another process, and of the next start, go on from there. */
export function createOrder(now: () => number): Order {
  let last = Number.NEGATIVE_INFINITY;
  return {
    next() {
      last = Math.max(last + 1, now() * perMillisecond);
      return last;
    },
    follow(number) {
      last = Math.max(last, number);
    },
  };
}
