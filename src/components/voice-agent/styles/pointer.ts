/** Hover styles. */
export const pointer = `
:where([data-rva-part='icon-button']:hover:not([aria-disabled='true'])) { background: var(--rva-surface); color: var(--rva-fg); }
:where([data-rva-part='notice-action']:hover, [data-rva-part='load-earlier']:hover) { border-color: var(--rva-fg); }
:where([data-rva-part='primary']:hover) { background: color-mix(in oklab, var(--rva-accent), var(--rva-fg) 14%); }
:where([data-rva-part='primary'][data-does='disconnect']:hover) { background: var(--rva-danger-soft); }
:where([data-rva-part='devices']:hover, [data-rva-part='microphone']:hover:not([aria-disabled='true']), [data-rva-part='interrupt']:hover:not([aria-disabled='true'])) { background: var(--rva-surface); border-color: var(--rva-fg); }
`
