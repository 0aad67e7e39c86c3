import { inLayer } from './tokens.js'

/** The placeholder of an assistant that is in its own window, and the frame in that window. */
export const windowStyles = /* @__PURE__ */ inLayer(`
:where([data-rva-part='pip']) { display: flex; flex: 1 1 auto; flex-direction: column; min-block-size: 0; }
:where([data-rva-part='pip'] > [data-rva-part='sheet-head']) { display: flex; align-items: center; justify-content: flex-end; gap: 0.75rem; padding-block-start: 0.5rem; padding-inline: 1.25rem 0.75rem; }
@container rva (max-width: 24rem) {
  :where([data-rva-part='pip'] > [data-rva-part='sheet-head']) { padding-inline: 0.875rem 0.375rem; }
}
:where([data-rva-part='pip-error']) { flex: 1; color: var(--rva-danger); font-size: 0.875rem; }
:where([data-rva-part='pip-note']) { display: grid; justify-items: center; gap: 0.875rem; margin: auto; padding: 1.25rem; color: var(--rva-muted); text-align: center; text-wrap: balance; }
/* The size that the app gives the assistant in the page does not apply in its window. */
:where([data-rva-part='root'][data-window]) { block-size: 100dvh !important; inline-size: auto !important; max-block-size: none !important; max-inline-size: none !important; border: 0; border-radius: 0; outline: none; }
`)
