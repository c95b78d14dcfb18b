import type { RuleSettings } from "./plan.ts";

/** Who says something: see sites/rule. */
export interface Speaker {
  readonly rule: { readonly name: string | null; readonly settings: RuleSettings };
}

/** Finds what is said first, and remembers which rules said it. */
export interface FirstSaid {
  /** What the first says that says it; undefined where nobody does. */
  of<Name extends keyof RuleSettings>(setting: Name): RuleSettings[Name];
  /** All that is said by who says it first. */
  byWhom(setting: keyof RuleSettings): RuleSettings | undefined;
  /** What changes the fields of a message: of each field the first that says something decides. */
  fieldChanges(
    set: "setRequest" | "setResponse",
    remove: "removeRequest" | "removeResponse",
  ): {
    readonly set: readonly (readonly [name: string, value: string])[];
    readonly remove: readonly string[];
  };
  /** Names of the rules that decided something so far, in the order in which they stand. */
  names(): readonly string[];
}

export function firstSaid(speakers: readonly Speaker[]): FirstSaid {
  const decisive = new Set<Speaker>();
  const speakerOf = (setting: keyof RuleSettings) =>
    speakers.find(({ rule }) => rule.settings[setting] !== undefined);
  return {
    byWhom: (setting) => speakerOf(setting)?.rule.settings,
    of(setting) {
      const speaker = speakerOf(setting);
      if (speaker !== undefined) decisive.add(speaker);
      return speaker?.rule.settings[setting];
    },
    fieldChanges(set, remove) {
      const values = new Map<string, string | null>();
      for (const speaker of speakers) {
        const { settings } = speaker.rule;
        const said: [string, string | null][] = Object.entries(settings[set] ?? {});
        for (const name of settings[remove] ?? []) said.push([name, null]);
        const fresh = said.filter(([name]) => !values.has(name));
        for (const [name, value] of fresh) values.set(name, value);
        if (fresh.length > 0) decisive.add(speaker);
      }
      return changesIn(values);
    },
    names() {
      const names = speakers.filter((speaker) => decisive.has(speaker)).map(({ rule }) => rule.name);
      return [...new Set(names)].filter((name) => name !== null);
    },
  };
}

function changesIn(values: ReadonlyMap<string, string | null>) {
  const set: [name: string, value: string][] = [];
  const remove: string[] = [];
  for (const [name, value] of values) {
    if (value === null) remove.push(name);
    else set.push([name, value]);
  }
  return { set, remove };
}
