/** The connection's quality, as bars and in words. */
export const quality = `
:where([data-icon='signal'] rect) { opacity: 0.28; }
:where([data-icon='signal'] rect[data-lit]) { opacity: 1; }
:where([data-rva-part='icon-button']:is([data-quality='excellent'], [data-quality='good'])) { color: var(--rva-success); }
:where([data-rva-part='icon-button'][data-quality='poor'], [data-rva-part='quality-text'][data-quality='poor']) { color: var(--rva-warning); }
:where([data-rva-part='icon-button'][data-quality='lost'], [data-rva-part='quality-text'][data-quality='lost']) { color: var(--rva-danger); }
:where([data-rva-part='icon-button'][aria-expanded='true']) { background: var(--rva-surface); }
:where([data-rva-part='quality-text']) { font-size: 0.8125rem; line-height: 1.4; }
`
