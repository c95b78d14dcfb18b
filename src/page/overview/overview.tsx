import type { Overview as Told } from "../../control/overview.ts";
import { Age } from "../parts/age.tsx";
import { useAnswer } from "../polling.ts";
import { Charts } from "./charts.tsx";
import { Costliest } from "./costliest.tsx";
import { Present } from "./present.tsx";
import { Sites } from "./sites.tsx";
import { Stored } from "./stored.tsx";
import { Totals } from "./totals.tsx";

/** How it goes now, how it was of late, and what has come of it since the start. */
export function Overview() {
  const answer = useAnswer<Told>("overview", 2_000);
  const { value } = answer;
  return (
    <>
      <Age answer={answer} />
      {value === undefined ? null : (
        <>
          <Present overview={value} />
          <Charts history={value.history} />
          <Costliest />
          <div class="grid halves">
            <Totals overview={value} />
            <Stored overview={value} />
          </div>
          {value.sites.length > 1 ? <Sites sites={value.sites} /> : null}
        </>
      )}
    </>
  );
}
