/** The page's style sheet. The colours have a contrast of at least 4.5 to 1 in both colour schemes. */
export const style = `
:root {
  color-scheme: light dark;
  --ground: #f4f5f7; --sheet: #ffffff; --ink: #1c2128; --quiet: #57606a; --line: #d8dde3; --link: #0a58ca;
  --good: #18713a; --note: #4b5563; --warn: #8a5300; --bad: #b3261e;
  --good-soft: #e3f4e8; --note-soft: #eceef1; --warn-soft: #fdf0d9; --bad-soft: #fde8e6;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #0f1318; --sheet: #181d24; --ink: #e4e8ed; --quiet: #9aa5b1; --line: #2e3640; --link: #7ab0ff;
    --good: #62c886; --note: #aab4bf; --warn: #e8b04f; --bad: #ff8d85;
    --good-soft: #13301e; --note-soft: #262d36; --warn-soft: #352810; --bad-soft: #3b1917;
  }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 68rem; padding: 1rem 1.25rem 3rem; background: var(--ground); color: var(--ink);
  font: 15px/1.5 system-ui, "Segoe UI", "DejaVu Sans", sans-serif; overflow-wrap: anywhere; }
header { display: flex; flex-wrap: wrap; justify-content: space-between; align-items: baseline; gap: 0 1rem; }
h1 { margin: .4rem 0; font-size: 1.15rem; }
h2 { margin: 2rem 0 .6rem; font-size: 1.05rem; }
h3 { display: inline; margin: 0; font-size: 1rem; }
p { margin: .35rem 0; }
a { color: var(--link); }
ul { margin: .4rem 0 0; padding-left: 1.3rem; }
time { white-space: nowrap; }
code, .code, .host { font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: .86em; }
.quiet { color: var(--quiet); font-size: .88rem; font-weight: normal; }
.good { --tone: var(--good); --soft: var(--good-soft); }
.note { --tone: var(--note); --soft: var(--note-soft); }
.warn { --tone: var(--warn); --soft: var(--warn-soft); }
.bad { --tone: var(--bad); --soft: var(--bad-soft); }
.tidings { padding: .7rem 1rem; border: 1px solid var(--tone); border-radius: .6rem; background: var(--soft); }
.headline { margin: 0; font-size: 1.1rem; }
.sign { color: var(--tone); font-weight: bold; margin-right: .3rem; }
.badge { display: inline-block; padding: 0 .55rem; border-radius: 1rem; background: var(--soft); color: var(--tone); font-size: .82rem; font-weight: 600; white-space: nowrap; }
.target, .card { background: var(--sheet); border: 1px solid var(--line); border-radius: .6rem; padding: .7rem 1rem; margin: 0 0 .7rem; }
.card { margin: 0; }
.wide { grid-column: 1 / -1; }
.cards { display: grid; align-items: start; gap: .7rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, 19rem), 1fr)); }
#search { display: flex; flex-wrap: wrap; align-items: baseline; gap: 0 .6rem; }
#search input { font: inherit; color: inherit; background: var(--sheet); border: 1px solid var(--quiet); border-radius: .3rem; padding: .1rem .4rem; }
[hidden] { display: none !important; }
summary { cursor: pointer; }
summary h3 { margin-right: .3rem; }
details.rest { margin-top: .6rem; }
.rest > summary { color: var(--quiet); font-size: .88rem; }
dl { display: flex; flex-wrap: wrap; gap: .15rem 1.6rem; margin: .5rem 0; }
dl div { display: flex; gap: .45rem; }
dt { color: var(--quiet); }
dd { margin: 0; }
dl, table { font-size: .92rem; }
table { width: 100%; margin-top: .5rem; border-collapse: collapse; }
th, td { padding: .5rem .8rem .5rem 0; border-top: 1px solid var(--line); text-align: left; vertical-align: top; font-weight: normal; }
thead th { padding: .1rem 0; border: 0; color: var(--quiet); font-size: .82rem; }
tbody th { font-weight: 600; width: 30%; }
td:last-child { padding-right: 0; }
.target > table td:nth-child(3), .rest td:nth-child(3) { width: 28%; }
.notes td { border-top: 0; padding-top: 0; }
.holding + .holding { margin-top: .6rem; }
.trouble { margin: .4rem 0; padding: .4rem .8rem; border-left: 3px solid var(--bad); background: var(--bad-soft); border-radius: 0 .3rem .3rem 0; }
.trouble p { margin: .1rem 0; }
.findings { list-style: none; padding: 0; margin: .4rem 0; }
.findings li { padding: .15rem 0; }
.life { display: block; width: 100%; height: 16px; margin: .15rem 0; overflow: visible; }
.life .whole { fill: var(--line); }
.life .rest { fill: var(--tone); }
.life .half { fill: var(--quiet); }
.life .now { fill: var(--tone); stroke: var(--sheet); stroke-width: 2; }
footer { margin-top: 2rem; border-top: 1px solid var(--line); padding-top: .7rem; }
footer a { margin-right: .6rem; }
@media (max-width: 40rem) {
  body { padding: .6rem .7rem 2rem; }
  .target, .card { padding: .6rem .7rem; }
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  table, tbody, tr, th, td { display: block; width: auto !important; }
  tr { border-top: 1px solid var(--line); padding: .4rem 0; }
  .notes { border-top: 0; padding-top: 0; }
  th, td { border: 0; padding: .1rem 0; }
}
`;
