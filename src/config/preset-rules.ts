import type { RulePlan } from "../sites/plan.ts";
import { type Reading, rulesAt } from "./file/content.ts";
import { type Document, readDocument } from "./file/document.ts";
import { linesOf } from "./file/problem.ts";
import { nameByPlace, rulePlan } from "./file/rule-plan.ts";
import type { WrittenRule } from "./file/rule-schema.ts";
import { presetTexts } from "./presets.ts";

/** Rules that come with the program. */
export interface Preset {
  readonly rules: readonly RulePlan[];
  /** Where they are written, for who wants to see them. */
  readonly document: Document;
}

const known = new Map<string, Preset>();

/** The preset of that name, which is one of `presetNames`. */
export function presetOf(name: string): Preset {
  const preset = known.get(name) ?? readPreset(name, presetTexts.get(name) ?? "");
  known.set(name, preset);
  return preset;
}

/** Throws where the text is wrong: it is part of the program, and tests read all of them. */
export function readPreset(name: string, text: string): Preset {
  const document = readDocument(`preset ${name}`, text);
  const reading: Reading = { document, problems: [...document.problems] };
  const others = Object.keys(document.value).filter((key) => key !== "rule");
  const rules = rulesAt(reading, []).map((rule, place) => rule && presetRule(name, rule, place));
  const lines = [
    ...linesOf(document.name, reading.problems),
    ...others.map((key) => `${document.name}: ${key} is not known in a preset; it has rules only`),
  ];
  if (lines.length > 0) throw new Error(lines.join("; "));
  return { document, rules: rules.filter((rule) => rule !== undefined) };
}

/** Its name begins with that of the preset: no rule of another, or of the operator's, is called so by chance. */
function presetRule(preset: string, rule: WrittenRule, place: number): RulePlan {
  const name = rule.name === undefined ? nameByPlace(preset, place) : `${preset}-${rule.name}`;
  return { ...rulePlan(rule, name), name };
}
