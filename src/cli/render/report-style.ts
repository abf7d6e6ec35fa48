/** How the report looks: light or dark as the reader's system is, and light on paper. */
export const STYLE = `
:root { color-scheme: light dark; --paper: #fff; --ink: #1c1f24; --faint: #5d6673; --line: #d9dee5;
  --c0: #2f6fb5; --c1: #c2452d; --c2: #8a8f98; --c3: #b98200; }
@media screen and (prefers-color-scheme: dark) {
  :root { --paper: #14171b; --ink: #e7eaee; --faint: #a2abb7; --line: #333a44;
    --c0: #6aa9ef; --c1: #f08a73; --c2: #8f96a1; --c3: #e2b23e; }
}
body { background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 76rem;
  padding: 0 1rem; }
h1 { font-size: 1.5rem; overflow-wrap: anywhere; }
h2 { font-size: 1.15rem; margin: 2.5rem 0 .5rem; }
figure { margin: 0 0 1rem; }
figcaption, .note { color: var(--faint); font-size: .85rem; }
svg { display: block; height: auto; max-width: 100%; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: .85rem; font-variant-numeric: tabular-nums; }
th, td { border-bottom: 1px solid var(--line); padding: .2rem .4rem; text-align: right; vertical-align: top; }
td { white-space: nowrap; }
th { color: var(--faint); font-weight: 600; }
th:first-child { color: var(--ink); font-weight: 400; max-width: 22rem; min-width: 9rem;
  overflow-wrap: anywhere; padding-left: 0; text-align: left; }
@page { margin: 1.2cm; size: landscape; }
@media print {
  body { font-size: 10pt; margin: 0; max-width: none; padding: 0; }
  figure, tr, h2 { break-inside: avoid; }
  h2 { break-after: avoid; }
  .wide { overflow: visible; }
  th, td { font-size: 7.5pt; padding: .15rem .3rem; }
}
`;
