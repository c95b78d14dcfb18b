import { changes, complaints, type Expected, type Judged, passes, reasonFor } from "./verdict.ts";

/** The figures, every test that did not pass with its reason, the change, and what is wrong. */
export function report(judged: readonly Judged[], expected: Expected): string {
  const changed = changes(judged, expected);
  const wrong = complaints(judged, expected);
  return [
    ...figures(judged),
    "",
    ...judged.flatMap((test) => notPassed(test, expected)),
    "",
    `change against test/conformance/expected.json: ${changed.length === 0 ? "none" : ""}`.trimEnd(),
    ...changed.map((line) => `  ${line}`),
    ...(wrong.length === 0 ? [] : ["", "wrong:", ...wrong.map((line) => `  ${line}`)]),
  ].join("\n");
}

function figures(judged: readonly Judged[]): string[] {
  const line = (kind: Judged["kind"], label: string, word: string) => {
    const ofKind = judged.filter((test) => test.kind === kind);
    const good = ofKind.filter(({ verdict }) => passes(verdict));
    return `${label.padEnd(12)} ${good.length} of ${ofKind.length} ${word}`;
  };
  return [
    line("required", "required", "passed"),
    line("optimal", "optimal", "passed"),
    line("check", "informative", "answered yes"),
  ];
}

function notPassed({ id, name, kind, verdict, explanation }: Judged, expected: Expected): string[] {
  if (kind === "check" || passes(verdict)) return [];
  const reason = reasonFor(expected, id) ?? "none is written down";
  return [`${kind}, ${verdict}: ${id} (${name})`, `  ${explanation}`, `  reason: ${reason}`];
}
