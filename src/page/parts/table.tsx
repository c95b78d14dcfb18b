import type { ComponentChildren } from "preact";

export interface Column<Row> {
  readonly title: string;
  /** Numbers stand at the right, one below the other. */
  readonly isNumber?: boolean;
  /** Of its cells, where they have a style of their own. */
  readonly className?: string;
  readonly show: (row: Row) => ComponentChildren;
}

interface TableProps<Row> {
  /** What the rows are, for who does not see it. */
  readonly caption: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row) => string | number;
  /** It fits a phone as it is. */
  readonly isNarrow?: boolean;
}

/** Rows under headings; on a phone each row is a card that names its cells. */
export function Table<Row>({ caption, columns, rows, keyOf, isNarrow = false }: TableProps<Row>) {
  return (
    <table class={isNarrow ? "narrow" : undefined}>
      <caption class="hidden-text">{caption}</caption>
      <thead>
        <tr>
          {columns.map(({ title, isNumber }) => (
            <th key={title} scope="col" class={isNumber ? "number" : undefined}>
              {title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={keyOf(row)}>
            {columns.map(({ title, isNumber, className, show }) => (
              <td key={title} data-title={title} class={isNumber ? "number" : className}>
                {show(row)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
