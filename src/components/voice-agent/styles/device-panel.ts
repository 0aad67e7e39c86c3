/** The panel of the device menu. */
export const devicePanel = `
:where([data-rva-part='device-panel']) {
  position: absolute;
  z-index: 1;
  inset-block-end: calc(100% + 0.5rem);
  inset-inline-end: 1.25rem;
  display: grid;
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
:where([data-rva-part='volume']) { display: flex; align-items: center; gap: 0.75rem; min-inline-size: 0; }
:where([data-rva-part='volume'] input) { flex: 1; min-inline-size: 0; block-size: 2.75rem; margin: 0; accent-color: var(--rva-accent); cursor: pointer; }
:where([data-rva-part='volume-value']) { min-inline-size: 3rem; font-size: 0.875rem; font-variant-numeric: tabular-nums; text-align: end; }
:where([data-rva-part='device-hint']) { color: var(--rva-muted); font-size: 0.875rem; line-height: 1.45; }
:where([data-rva-part='root'] :is(select, input[type='range']):focus-visible) { outline: 2px solid var(--rva-focus); outline-offset: 2px; }
@container rva (max-width: 24rem) {
  :where([data-rva-part='device-panel']) { inset-inline: 0.875rem; inline-size: auto; }
}
@media (forced-colors: active) {
  :where([data-rva-part='device-panel'], [data-rva-part='device-select'] select) { border-color: CanvasText; }
}
`
