/** The style of the page, which stands in it. */
export const style = `
:root { color-scheme: light dark; --ground: #fff; --raised: #f6f7f9; --text: #1c2430; --dim: #566173; --line: #dde1e8;
  --hit: #23805f; --avoidable: #d17a1a; --unavoidable: #8892a4; --other: #c3cad5; --code: #eef1f5; --accent: #1f6f54 }
@media (prefers-color-scheme: dark) { :root { --ground: #12161c; --raised: #191f27; --text: #e3e8ef; --dim: #9aa6b8;
  --line: #2b333f; --hit: #45b389; --avoidable: #e5a03f; --unavoidable: #66728a; --other: #3d4654; --code: #0c1015; --accent: #6fcfa8 } }
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
