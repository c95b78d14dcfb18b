import type { OriginFailure } from "../../origin/failure.ts";
import type { OriginResponse } from "../../origin/forward.ts";
import { withoutConditionals } from "../../rules/conditionals.ts";
import { parseContentRange } from "../../rules/content-range.ts";
import { type FieldList, fieldsOf } from "../../rules/fields.ts";
import { isSameRepresentation, rangeFor, strongValidator } from "../../rules/pieces.ts";
import type { Part } from "../../rules/range.ts";
import { validatorsIn } from "../../rules/validation.ts";
import type { PartialFound } from "../../store/tier.ts";
import { askOrigin } from "../fetch/ask.ts";
import type { ServeContext } from "../context.ts";
import { announcedSize } from "../answer/relay.ts";
import type { KeyedRequest } from "../request/inbound.ts";

/** The origin's answer with what is missing of a representation. */
export interface Gap {
  readonly part: Part;
  readonly response: OriginResponse;
  /** Ends its request. */
  readonly abort: AbortController;
}

export type GapAnswer =
  | { readonly kind: "gap"; readonly response: OriginResponse }
  | { readonly kind: "other"; readonly response: OriginResponse }
  | { readonly kind: "failure"; readonly failure: OriginFailure };

/** Asks for a part of the representation of which pieces are held, and for nothing of another one. */
export async function askForGap(
  context: ServeContext,
  request: KeyedRequest,
  { response: { policy, size } }: PartialFound,
  gap: Part,
  abort: AbortController,
): Promise<GapAnswer> {
  const asking = fieldsForGap(request, { policy, size }, gap);
  const answer = await askOrigin(context, request, asking, null, abort);
  if (!answer.ok) return { kind: "failure", failure: answer.failure };
  const { response } = answer;
  const answered = fieldsOf(response.fields);
  const range = parseContentRange(answered.get("content-range"));
  const announced = announcedSize(response);
  const isGap =
    response.status === 206 &&
    range !== null &&
    range.start === gap.start &&
    range.end === gap.end &&
    (announced === null || announced === gap.end - gap.start) &&
    isSameRepresentation(
      { policy, size },
      { policy: validatorsIn(answered, response.responseAt), size: range.size },
    );
  return { kind: isGap ? "gap" : "other", response };
}

/** What the origin is asked for a part of what is held, and of nothing else. */
export function fieldsForGap(
  { inbound }: KeyedRequest,
  { policy, size }: Pick<PartialFound["response"], "policy" | "size">,
  gap: Part,
): FieldList {
  return [
    ...withoutConditionals(inbound.fields.lines),
    ["range", rangeFor(gap, size)],
    ["if-range", strongValidator(policy) ?? ""],
  ];
}
