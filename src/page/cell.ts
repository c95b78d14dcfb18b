import { useEffect, useReducer } from "preact/hooks";

/** A value that several parts of the page look at. */
export interface Cell<Value> {
  readonly value: Value;
  set(value: Value): void;
  /** Calls back after each change; what it gives ends that. */
  watch(onChange: () => void): () => void;
}

export function createCell<Value>(first: Value): Cell<Value> {
  let value = first;
  const watchers = new Set<() => void>();
  return {
    get value() {
      return value;
    },
    set(next) {
      if (Object.is(next, value)) return;
      value = next;
      for (const onChange of watchers) onChange();
    },
    watch(onChange) {
      watchers.add(onChange);
      return () => void watchers.delete(onChange);
    },
  };
}

/** The cell's value; who uses it is drawn again when that changes. */
export function useCell<Value>(cell: Cell<Value>): Value {
  const [, redraw] = useReducer((times: number) => times + 1, 0);
  const { value } = cell;
  useEffect(() => {
    // It may have changed after it was drawn and before it was watched.
    if (!Object.is(cell.value, value)) redraw(undefined);
    return cell.watch(() => redraw(undefined));
  }, [cell]);
  return value;
}
