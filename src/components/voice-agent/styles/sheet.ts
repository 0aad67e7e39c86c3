import { inLayer } from './tokens.js'

/** The bar of a sheet, and the sheet that covers the page. */
export const sheetStyles = /* @__PURE__ */ inLayer(`
:where([data-rva-part='root']:has(> [data-rva-part='sheet-frame'])) { min-block-size: 0; block-size: auto; }
:where([data-rva-part='sheet-bar']) {
  display: flex;
  flex-wrap: wrap;
  align-items: center;
  justify-content: space-between;
  gap: 0 0.75rem;
  inline-size: 100%;
  min-block-size: 3.25rem;
  margin: 0;
  padding: 0.5rem 1.25rem;
  border: 0;
  border-radius: inherit;
  background: none;
  color: inherit;
  font: 400 0.9375rem/1.4 var(--rva-font);
  text-align: start;
  cursor: pointer;
}
:where([data-rva-part='sheet-bar']:focus-visible) { outline: 2px solid var(--rva-focus); outline-offset: -4px; }
:where([data-rva-part='sheet-title']) { font-weight: 600; }
:where([data-rva-part='sheet-status']) { color: var(--rva-muted); font-size: 0.8125rem; }
:where([data-rva-part='sheet']) {
  container: rva / inline-size;
  box-sizing: border-box;
  inset: 0;
  inline-size: 100%;
  block-size: 100dvh;
  max-inline-size: none;
  max-block-size: none;
  margin: 0;
  padding: env(safe-area-inset-top) env(safe-area-inset-right) env(safe-area-inset-bottom) env(safe-area-inset-left);
  border: 0;
  background: var(--rva-bg);
  color: inherit;
  overflow: hidden auto;
}
:where([data-rva-part='sheet'][open]) { display: flex; flex-direction: column; }
:where([data-rva-part='sheet-head']) { display: flex; justify-content: flex-end; padding-block-start: 0.25rem; padding-inline: 0.75rem; }
`)
