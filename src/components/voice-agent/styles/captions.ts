import { inLayer } from './tokens.js'

/** Words in large type. The last lines stay in view. */
export const captionStyles = /* @__PURE__ */ inLayer(`
:where([data-rva-part='captions']) {
  display: flex;
  flex: none;
  flex-direction: column;
  justify-content: flex-end;
  box-sizing: border-box;
  /* Three lines and the padding. */
  max-block-size: 7.05rem;
  overflow: hidden;
  padding-inline: 1.25rem;
  color: var(--rva-fg);
  font: 500 1.5rem/1.4 var(--rva-font);
  overflow-wrap: anywhere;
  text-wrap: pretty;
}
:where([data-rva-part='captions']:has(p)) { padding-block: 0.25rem 0.5rem; }
:where([data-rva-part='captions-speaker']) { color: var(--rva-muted); font-size: 0.8125rem; }
@media print {
  :where([data-rva-part='captions']) { display: none; }
}
`)
