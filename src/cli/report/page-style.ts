/** The style of the page, which stands in it. */
export const style = `
:root { color-scheme: light dark; --ground: #fff; --raised: #f5f6f8; --text: #171b22; --dim: #565e6c; --line: #dfe3e9;
  --hit: #1f8a4c; --avoidable: #d17a1a; --unavoidable: #868e9c; --other: #c5cbd6; --code: #eef0f4; --accent: #3f45c9 }
@media screen and (prefers-color-scheme: dark) { :root { --ground: #0f1115; --raised: #171a20; --text: #e7eaef; --dim: #9ba4b4;
  --line: #2b313b; --hit: #4fc07e; --avoidable: #e5ab3d; --unavoidable: #6d7687; --other: #3d4654; --code: #0a0c0f; --accent: #a3abff } }
* { box-sizing: border-box }
body { margin: 0; background: var(--ground); color: var(--text); font: 15px/1.5 system-ui, sans-serif;
  font-variant-numeric: tabular-nums }
header, main, footer { max-width: 64rem; margin: 0 auto; padding: 0 1.25rem }
header { padding-top: 2rem } footer { padding-bottom: 2rem; color: var(--dim); font-size: .85rem }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 } h2 { font-size: 1.1rem; margin: 2.5rem 0 .75rem }
h3 { font-size: 1rem; margin: 0; overflow-wrap: anywhere } p { margin: .25rem 0 }
.dim { color: var(--dim) } .wide { overflow-x: auto }
table { border-collapse: collapse; width: 100% }
th { text-align: left; font-weight: 600; font-size: .8rem; color: var(--dim) }
th, td { padding: .35rem .75rem .35rem 0; border-bottom: 1px solid var(--line); vertical-align: top }
td.number, th.number { text-align: right; white-space: nowrap } td.chart { width: 30%; min-width: 6rem; vertical-align: middle }
svg { display: block; width: 100% } .stack { height: 1.5rem; margin: .2rem 0 .9rem; border-radius: 4px }
.bar { height: .6rem; border-radius: 2px }
rect.hit { fill: var(--hit) } rect.avoidable { fill: var(--avoidable) } rect.unavoidable { fill: var(--unavoidable) }
rect.other { fill: var(--other) } rect.track { fill: var(--line) } .stack rect { stroke: var(--ground); stroke-width: 2;
  vector-effect: non-scaling-stroke }
.key { display: inline-block; width: .7rem; height: .7rem; border-radius: 2px; margin-right: .5rem; vertical-align: baseline }
.key.hit { background: var(--hit) } .key.avoidable { background: var(--avoidable) }
.key.unavoidable { background: var(--unavoidable) } .key.other { background: var(--other) }
article { background: var(--raised); border: 1px solid var(--line); border-radius: 8px; padding: 1rem; margin: .75rem 0;
  break-inside: avoid }
article > .bar { margin: .5rem 0 } ul.urls { list-style: disc } .changes { list-style: none; padding: 0; margin: 0; counter-reset: change }
.changes h3::before { counter-increment: change; content: counter(change) ". " }
pre { background: var(--code); border: 1px solid var(--line); border-radius: 6px; padding: .6rem .8rem; margin: .5rem 0;
  overflow-x: auto; font: 13px/1.5 ui-monospace, monospace }
.url, ul.urls { font: 13px/1.5 ui-monospace, monospace; overflow-wrap: anywhere } ul { margin: .25rem 0; padding-left: 1.2rem }
details { border-bottom: 1px solid var(--line); padding: .5rem 0 } details[open] { padding-bottom: 1rem }
summary { cursor: pointer; display: grid; grid-template-columns: minmax(10rem, 1fr) auto; gap: .1rem 1rem; list-style: none }
summary b::before { content: "▸ "; color: var(--dim) } details[open] summary b::before { content: "▾ " }
summary .bar { grid-column: 1 / -1; margin: .2rem 0 } .amounts { color: var(--dim) }
@media (max-width: 40rem) { summary { grid-template-columns: 1fr } th, td { font-size: .8rem; padding-right: .4rem } }
td:last-child, th:last-child { padding-right: 0 } summary:focus-visible, pre:focus-visible, .wide:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px }
@media print { :root { color-scheme: light } body { font-size: 10.5pt; print-color-adjust: exact } header, main, footer { max-width: none; padding: 0 }
  pre { white-space: pre-wrap } details::details-content { content-visibility: visible; height: auto } .wide { overflow: visible } }
`;
