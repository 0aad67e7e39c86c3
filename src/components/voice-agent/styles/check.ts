import { inLayer } from './tokens.js'

/** The steps of a check before a call. */
export const checkStyles = /* @__PURE__ */ inLayer(`
:where([data-rva-part='check-steps']) { display: grid; gap: 0.5rem; margin: 0.5rem 0 0; padding: 0; list-style: none; }
:where([data-rva-part='check-step']) { display: flex; align-items: flex-start; gap: 0.5rem; overflow-wrap: anywhere; }
:where([data-rva-part='check-step'] b) { font-weight: 600; }
:where([data-rva-part='check-step'] > span) { min-inline-size: 0; }
:where([data-rva-part='check-step'][data-status='passed'] > [data-rva-part='icon']) { color: var(--rva-success); }
:where([data-rva-part='check-step'][data-status='warning'] > [data-rva-part='icon']) { color: var(--rva-warning); }
:where([data-rva-part='check-step'][data-status='failed'] > [data-rva-part='icon']) { color: var(--rva-danger); }
:where([data-rva-part='check-step']:is([data-status='waiting'], [data-status='running'], [data-status='skipped'])) { color: var(--rva-muted); }
`)
