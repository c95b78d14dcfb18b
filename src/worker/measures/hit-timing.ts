/** One of so many is timed: to ask the clock twice costs a hundredth of a hit. */
const oneOf = 16;

/** The short cut, of which some are timed. `took` is told right after whoever counts hits. */
export function timeHits<Request, Response>(
  hit: (request: Request) => Response | undefined,
  monotonic: () => number,
  took: (seconds: number) => void,
): (request: Request) => Response | undefined {
  let turn = 0;
  return (request) => {
    turn += 1;
    if (turn < oneOf) return hit(request);
    turn = 0;
    const beganAt = monotonic();
    const answer = hit(request);
    if (answer !== undefined) took((monotonic() - beganAt) / 1000);
    return answer;
  };
}
