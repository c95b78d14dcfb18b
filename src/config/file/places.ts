/** The way to a value: ["site", 0, "rule", 2, "lifetime"]. */
export type Path = readonly (string | number)[];

/** In a text; both count from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** Where the values of a document stand, and the keys they have. */
export interface Places {
  /** Of what is not there, the position of the nearest thing that holds it. */
  valueAt(path: Path): Position;
  keyAt(path: Path): Position;
}

interface Found {
  readonly key: Position;
  readonly value: Position;
}

/** A value stands where no value can, so that the rest of the document is not read. */
export class OddPlaceError extends Error {
  override readonly name = "OddPlaceError";
  readonly position: Position;

  constructor(position: Position, message: string) {
    super(message);
    this.position = position;
  }
}

/** Nothing that is known stands half as deep. */
const deepest = 16;

/** Places as a reader of a document finds them. */
export class FoundPlaces implements Places {
  readonly #found = new Map<string, Found>();

  /** The first mention of a path counts: tables are named again by those within them. Throws an `OddPlaceError`. */
  add(path: Path, key: Position, value: Position = key): void {
    if (path.length > deepest) throw new OddPlaceError(key, "is nested deeper than anything may be");
    // An object of JavaScript would take it as something else than a key, and nobody would miss it.
    if (path.includes("__proto__"))
      throw new OddPlaceError(key, '"__proto__" is no key; there should be none');
    const id = JSON.stringify(path);
    if (!this.#found.has(id)) this.#found.set(id, { key, value });
  }

  valueAt(path: Path): Position {
    return this.#nearest(path).value;
  }

  keyAt(path: Path): Position {
    return this.#nearest(path).key;
  }

  #nearest(path: Path): Found {
    for (let length = path.length; length > 0; length -= 1) {
      const found = this.#found.get(JSON.stringify(path.slice(0, length)));
      if (found !== undefined) return found;
    }
    const start = { line: 1, column: 1 };
    return { key: start, value: start };
  }
}
