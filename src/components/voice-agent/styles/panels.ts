import { conversations } from './conversations.js'
import { inLayer } from './tokens.js'

/** The statistics panel. */
const statistics = `
:where([data-rva-part='statistics']) {
  display: grid;
  /* Scrolls instead of pushing the controls out. */
  flex: 0 1 auto;
  gap: 0.875rem;
  min-block-size: 3.5rem;
  max-block-size: 55%;
  overflow-y: auto;
  padding: 0.875rem 1.25rem 1rem;
  border-block-end: 1px solid var(--rva-border);
  background: var(--rva-surface);
}
:where([data-rva-part='statistics'] [data-rva-part='quality-text']) { font-weight: 600; }
:where([data-rva-part='statistics']:focus-visible) { outline: 2px solid var(--rva-focus); outline-offset: -2px; }
:where([data-rva-part='figures']) { display: flex; flex-wrap: wrap; gap: 0.5rem 1.5rem; margin: 0; }
:where([data-rva-part='figures'] dt, [data-rva-part='plot-label']) { color: var(--rva-muted); font-size: 0.8125rem; line-height: 1.4; }
:where([data-rva-part='figures'] dd) { margin: 0; font-variant-numeric: tabular-nums; }
:where([data-rva-part='nothing-measured']) { color: var(--rva-muted); font-size: 0.875rem; }
:where([data-rva-part='diagnosis']) { display: grid; justify-items: start; gap: 0.375rem; margin-block-start: 0.75rem; font-size: 0.875rem; }
:where([data-rva-part='diagnosis'] > *) { margin: 0; }
:where([data-rva-part='diagnosis'] > p:empty) { display: none; }
:where([data-rva-part='diagnosis'] > textarea) { inline-size: 100%; box-sizing: border-box; font: 0.75rem/1.4 ui-monospace, monospace; color: inherit; background: var(--rva-bg); border: 1px solid var(--rva-border); border-radius: 0.375rem; }
:where([data-rva-part='plots']) { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(11rem, 100%), 1fr)); gap: 0.875rem 1.25rem; }
:where([data-rva-part='plot']) { display: grid; align-content: end; min-inline-size: 0; }
:where([data-rva-part='plot-values']) { display: flex; flex-wrap: wrap; column-gap: 0.75rem; font-variant-numeric: tabular-nums; }
:where([data-rva-part='plot-values'] span[data-line]) { display: inline-flex; align-items: center; gap: 0.25rem; }
:where([data-rva-part='plot-values'] [data-rva-part='icon']) { inline-size: 0.875rem; block-size: 0.875rem; color: var(--rva-accent); }
:where([data-rva-part='plot-values'] [data-line='1'] [data-rva-part='icon']) { color: var(--rva-fg); }
:where([data-rva-part='plot-name']) { position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
:where([data-rva-part='plot-area']) { position: relative; display: block; margin-block-start: 0.25rem; padding-block-start: 1.0625rem; border-block-end: 1px solid var(--rva-control-border); }
:where([data-rva-part='plot-area'] svg) { display: block; box-sizing: content-box; inline-size: 100%; block-size: 2.5rem; overflow: visible; border-block-start: 1px dashed var(--rva-border); }
:where([data-rva-part='plot-end']) { position: absolute; inset-block-start: 0; inset-inline-start: 0; color: var(--rva-muted); font-size: 0.75rem; line-height: 1; }
:where([data-rva-part='plot'] path) { stroke: var(--rva-accent); stroke-width: 2px; stroke-linecap: round; stroke-linejoin: round; }
:where([data-rva-part='plot'] path[data-line='1']) { stroke: var(--rva-fg); stroke-dasharray: 2 4; stroke-width: 1.5px; }
@container rva (max-width: 24rem) {
  :where([data-rva-part='statistics']) { padding-inline: 0.875rem; }
  :where([data-rva-part='figures'], [data-rva-part='plots']) { gap: 0.625rem 0.75rem; }
  :where([data-rva-part='plot']) { grid-template-columns: 1fr auto; align-items: baseline; }
  :where([data-rva-part='plot-area']) { grid-column: 1 / -1; }
  :where([data-rva-part='plot-area'] svg) { block-size: 2rem; }
}
@media (forced-colors: active) {
  :where([data-rva-part='plot'] path) { stroke: CanvasText; }
}
`

/** The panel of the device menu. */
const devicePanel = `
:where([data-rva-part='device-panel']) {
  position: absolute;
  z-index: 1;
  inset-block-end: calc(100% + 0.5rem);
  inset-inline-end: 1.25rem;
  display: grid;
  grid-template-columns: minmax(0, 1fr);
  gap: 0.875rem;
  box-sizing: border-box;
  inline-size: min(22rem, 100% - 2.5rem);
  max-block-size: 60dvh;
  overflow-y: auto;
  padding: 1rem;
  border: 1px solid var(--rva-border);
  border-radius: calc(var(--rva-radius) * 0.75);
  background: var(--rva-raised);
  box-shadow: 0 8px 28px rgb(0 0 0 / 0.2);
  overflow-wrap: anywhere;
}
:where([data-rva-part='device']) { display: grid; gap: 0.25rem; min-inline-size: 0; }
:where([data-rva-part='device'] label) { color: var(--rva-muted); font-size: 0.8125rem; line-height: 1.4; }
:where([data-rva-part='device-select']) { position: relative; display: grid; min-inline-size: 0; }
:where([data-rva-part='device-select'] select) {
  appearance: none;
  min-inline-size: 0;
  min-block-size: 2.75rem;
  margin: 0;
  padding-block: 0;
  padding-inline: 0.75rem 2.25rem;
  border: 1px solid var(--rva-control-border);
  border-radius: 0.625rem;
  background: var(--rva-bg);
  color: inherit;
  font: 400 0.9375rem/1.4 var(--rva-font);
  text-overflow: ellipsis;
  cursor: pointer;
}
:where([data-rva-part='device-select'] select:hover) { border-color: var(--rva-fg); }
:where([data-rva-part='device-select'] [data-rva-part='icon']) {
  position: absolute;
  inset-block-start: calc(50% - 0.5rem);
  inset-inline-end: 0.75rem;
  inline-size: 1rem;
  block-size: 1rem;
  color: var(--rva-muted);
  pointer-events: none;
}
:where([data-rva-part='volume']) { display: flex; align-items: center; gap: 0.75rem; min-inline-size: 0; margin-block: -0.375rem; }
:where([data-rva-part='volume'] input) { flex: 1; min-inline-size: 0; block-size: 2.75rem; margin: 0; accent-color: var(--rva-accent); cursor: pointer; }
:where([data-rva-part='volume-value']) { min-inline-size: 3rem; font-size: 0.875rem; font-variant-numeric: tabular-nums; text-align: end; }
:where([data-rva-part='device-hint']) { color: var(--rva-muted); font-size: 0.875rem; line-height: 1.45; }
:where([data-rva-part='root'] :is(select, input[type='range']):focus-visible) { outline: 2px solid var(--rva-focus); outline-offset: 2px; }
@container rva (min-width: 38rem) {
  /* Low enough for an assistant of the default height. */
  :where([data-rva-part='device-panel']) { grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 0.625rem 0.875rem; inline-size: min(36rem, 100% - 2.5rem); }
  :where([data-rva-part='device-panel'] > :is(p, button)) { grid-column: 1 / -1; }
}
@container rva (max-width: 24rem) {
  /* Short enough for the space below the header. */
  :where([data-rva-part='device-panel']) { inset-inline: 0.875rem; inline-size: auto; gap: 0.625rem; padding-block: 0.75rem; }
}
@container rva (max-width: 18rem) {
  :where([data-rva-part='device-panel']) { inset-inline: 0.5rem; padding: 0.5rem; }
  :where([data-rva-part='volume']) { gap: 0.25rem; }
}
@media (forced-colors: active) {
  :where([data-rva-part='device-panel'], [data-rva-part='device-select'] select) { border-color: CanvasText; }
}
`

/** A tool call that waits for the user. */
const approval = `
:where([data-rva-part='approval']) {
  display: flex;
  flex-direction: column;
  gap: 0.75rem;
  box-sizing: border-box;
  inline-size: min(24rem, 100%);
  margin-block-start: 0.5rem;
  padding: 0.875rem 1rem;
  border: 1px solid var(--rva-control-border);
  border-radius: 1rem;
  background: var(--rva-raised);
  color: var(--rva-fg);
  font-size: 0.9375rem;
  overflow-wrap: anywhere;
}
:where([data-rva-part='approval-text']) { margin: 0; font-weight: 600; }
:where([data-rva-part='approval-title']) { position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
:where([data-rva-part='approval-arguments']) { display: grid; gap: 0.25rem; max-block-size: 12rem; margin: 0; overflow: auto; }
:where([data-rva-part='approval-arguments'] > div) { display: flex; flex-wrap: wrap; gap: 0 0.5rem; }
:where([data-rva-part='approval-arguments'] dt) { color: var(--rva-muted); }
:where([data-rva-part='approval-arguments'] dd) { margin: 0; white-space: pre-wrap; }
:where([data-rva-part='approval-actions']) { display: flex; flex-wrap: wrap; justify-content: flex-end; gap: 0.625rem; }
:where([data-rva-part='approval-decline'], [data-rva-part='approval-approve']) { padding-inline: 1.125rem; border-color: var(--rva-control-border); }
:where([data-rva-part='approval-approve']) { border-color: transparent; background: var(--rva-accent); color: var(--rva-accent-fg); }
:where([data-rva-part='approval-decline']:hover) { border-color: var(--rva-fg); }
`

/** For 320 px wide pages with text at 200 %: words of common length fit in a line of a dialog. */
const narrowDialogs = `
@container rva (max-width: 18rem) {
  :where([data-rva-part='dialog']) { padding: 0.5rem; }
  :where([data-rva-part='dialog-title']) { hyphens: auto; }
  :where([data-rva-part='dialog-cancel'], [data-rva-part='dialog-confirm']) { padding-inline: 0.5rem; }
}
`

/** Styles of the panels, in the same layer as the others. */
export const panelStyles = inLayer(approval + conversations + devicePanel + statistics + narrowDialogs)
