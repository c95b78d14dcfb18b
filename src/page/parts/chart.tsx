import { useEffect, useRef, useState } from "preact/hooks";
import uPlot from "uplot";
import { useCell } from "../cell.ts";
import { isDark } from "../theme.ts";
import { type Drawing, optionsOf, type PointedDrawing } from "./plot.ts";
import { pointsOf } from "./points.ts";

interface ChartProps extends Drawing {
  /** What it shows, for who does not see it: "requests in a second, by outcome". */
  readonly summary: string;
}

/** How something was of late. Under it stand the numbers: the latest, or those under the pointer. */
export function Chart(props: ChartProps) {
  const { summary, at, lines, write } = props;
  const [pointed, setPointed] = useState<number | null>(null);
  const place = pointed ?? at.length - 1;
  const time = at[place];
  const values = lines.map((line) => ({ ...line, value: line.values[place] ?? null }));
  return (
    <figure class="chart">
      <div role="img" aria-label={`${summary}; the latest numbers are below`}>
        <Plot {...props} onPoint={setPointed} />
      </div>
      <dl class="legend">
        {values.map(({ label, colour, isDashed = false, value }) => (
          <div key={label}>
            <dt>
              <span class={`swatch outcome-${colour}${isDashed ? " dashed" : ""}`} />
              {label}
            </dt>
            <dd>{value === null ? "–" : write(value)}</dd>
          </div>
        ))}
        {time !== undefined && (
          <div class="legend-time">
            <dt>at</dt>
            <dd>{new Date(time).toLocaleTimeString("en-GB")}</dd>
          </div>
        )}
      </dl>
    </figure>
  );
}

/** What is drawn. It is made anew where other lines or other colours are wanted, and else given other numbers. */
function Plot(props: PointedDrawing) {
  const { at, lines } = props;
  const element = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const latest = useRef(props);
  latest.current = props;
  const dark = useCell(isDark);
  const form = lines.map(({ label, colour }) => `${label} ${colour}`).join();

  useEffect(() => {
    const place = element.current;
    if (place === null) return;
    const made = new uPlot(optionsOf(place, latest.current), drawnPoints(latest.current), place);
    plot.current = made;
    const watch = new ResizeObserver(() =>
      made.setSize({ width: place.clientWidth, height: place.clientHeight }),
    );
    watch.observe(place);
    return () => {
      watch.disconnect();
      made.destroy();
    };
  }, [form, dark]);
  useEffect(() => plot.current?.setData(drawnPoints(latest.current)), [at, lines]);
  return <div class="plot" ref={element} />;
}

function drawnPoints({ at, lines, isStacked = false }: Drawing): uPlot.AlignedData {
  return pointsOf(at, lines, isStacked);
}
