import type { Database } from "bun:sqlite";
import type { FindingsRequest, FoundSuspect } from "../../control/findings-request.ts";
import { partsOfKey } from "../../rules/cache-key.ts";
import type { FieldList } from "../../rules/fields.ts";
import { decodePolicy } from "../../store/disk/decoding.ts";
import { selects } from "../../store/selecting.ts";
import { typeOf } from "../entries/row.ts";
import { personalLook, type Look } from "./personal-signs.ts";

const mostSuspects = 20;
/** Of those that look so by the very same signs. */
const mostAlike = 3;
/** Others have been looked at by then, and told. */
const mostRemembered = 1_000;
const rowsAtATime = 256;
/** Numbers of rows that are gone through at once, most of which are not read. */
const numbersAtATime = 2_048;

export interface Suspects {
  /** Those whose paths tell of one visitor. */
  lookAt(seqs: readonly number[]): void;
  /** All others that may look so. False where the time did not suffice. */
  lookAtAll(isTimeLeft: () => boolean): boolean;
  readonly inOrder: () => FoundSuspect[];
}

export function prepareSuspects(database: Database, request: FindingsRequest): Suspects {
  const statements = prepareStatements(database);
  const cookieRules = new Set(request.cookieRules);
  const seen = new Map<number, Suspected>();

  function judge(row: Row): void {
    const suspected = suspectedIn(row, request, cookieRules);
    if (suspected === undefined) return;
    seen.set(row.seq, suspected);
    if (seen.size > mostRemembered) keepTheWorst(seen);
  }

  return {
    lookAt(seqs) {
      for (let at = 0; at < seqs.length; at += rowsAtATime) {
        const rows = statements.withSeqs.all(JSON.stringify(seqs.slice(at, at + rowsAtATime)));
        for (const row of rows) judge(row);
      }
    },
    lookAtAll(isTimeLeft) {
      const last = statements.last.get()?.seq ?? 0;
      for (let after = 0; after < last; after += numbersAtATime) {
        if (!isTimeLeft()) return false;
        for (const row of statements.telling.all(after, after + numbersAtATime)) judge(row);
      }
      return true;
    },
    inOrder: () => fewOfEach([...seen.values()].sort(worstFirst)),
  };
}

interface Suspected extends Look {
  readonly found: FoundSuspect;
}

interface Row {
  readonly seq: number;
  readonly primaryKey: string;
  readonly variantKey: string;
  readonly status: number;
  readonly hits: number;
  readonly policy: string;
  readonly fields: string;
}

function prepareStatements(database: Database) {
  const columns = "seq, primaryKey, variantKey, status, hits, policy, fields";
  return {
    last: database.query<{ seq: number }, []>("SELECT max(seq) AS seq FROM responses"),
    withSeqs: database.query<Row, [string]>(
      `SELECT ${columns} FROM responses WHERE seq IN (SELECT value FROM json_each(?))`,
    ),
    // Most tell of nothing by which they would be one person's: their texts are not handed over, which is what takes the time.
    telling: database.query<Row, [number, number]>(
      `SELECT ${columns} FROM responses WHERE seq > ? AND seq <= ? AND (
         instr(policy, '"set-cookie"') > 0
         OR (instr(policy, '"rules":[') > 0 AND instr(policy, '"cookie"') > 0)
         OR (instr(policy, '"lifetimeSource":"rule"') > 0 AND (fields LIKE '%no-store%' OR fields LIKE '%private%')))`,
    ),
  };
}

/** Undefined where it does not look like one person's, and where it cannot be read, which is for others to mend. */
function suspectedIn(
  row: Row,
  request: FindingsRequest,
  cookieRules: ReadonlySet<string>,
): Suspected | undefined {
  try {
    const policy = decodePolicy(row.policy);
    if (request.hidden.some((each) => selects(each, { ...row, policy }))) return undefined;
    const fields = JSON.parse(row.fields) as FieldList;
    const { target, host, site, scheme, marks } = partsOfKey(row.primaryKey);
    const path = target.replace(/\?.*$/s, "");
    const look = personalLook({ ...row, policy, fields, type: typeOf(fields), path, marks }, cookieRules);
    if (look === undefined) return undefined;
    const { signs, isForced } = look;
    const found = { ...{ site, host, scheme, target, isForced }, hits: row.hits, signs: [...signs] };
    return { ...look, found: { ...found, rules: [...(policy.rules ?? [])] } };
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof TypeError)) throw error;
    return undefined;
  }
}

function worstFirst(one: Suspected, other: Suspected): number {
  return other.weight - one.weight || other.found.hits - one.found.hits;
}

function keepTheWorst(seen: Map<number, Suspected>): void {
  const inOrder = [...seen].sort(([, one], [, other]) => worstFirst(one, other));
  for (const [seq] of inOrder.slice(mostRemembered / 2)) seen.delete(seq);
}

/** A thousand orders of customers say no more than three. */
function fewOfEach(inOrder: readonly Suspected[]): FoundSuspect[] {
  const counted = new Map<string, number>();
  return inOrder
    .filter(({ found }) => {
      const like = `${found.site}\n${found.signs.join("\n")}`;
      const before = counted.get(like) ?? 0;
      counted.set(like, before + 1);
      return before < mostAlike;
    })
    .slice(0, mostSuspects)
    .map(({ found }) => found);
}
