/** The notice. */
export const notice = `
:where([data-rva-part='notice']) {
  display: grid;
  grid-template-columns: auto 1fr auto auto;
  align-items: center;
  column-gap: 0.625rem;
  min-block-size: 3.25rem;
  padding-block: 0.25rem;
  padding-inline: 1.25rem 0.75rem;
  border-block-end: 1px solid var(--rva-border);
  background: var(--rva-surface);
  font-size: 0.875rem;
  line-height: 1.45;
}
:where([data-rva-part='notice'][data-tone='warning']) { background: var(--rva-warning-soft); }
:where([data-rva-part='notice'][data-tone='danger']) { background: var(--rva-danger-soft); }
:where([data-rva-part='notice'] > [data-rva-part='icon']) { color: var(--rva-accent); }
:where([data-rva-part='notice'][data-tone='warning'] > [data-rva-part='icon']) { color: var(--rva-warning); }
:where([data-rva-part='notice'][data-tone='danger'] > [data-rva-part='icon']) { color: var(--rva-danger); }
:where([data-rva-part='notice-text']) {
  min-inline-size: 0;
  padding-block: 0.375rem;
  font-variant-numeric: tabular-nums;
  overflow-wrap: anywhere;
}
:where([data-rva-part='notice'] [data-rva-part='icon-button']:hover) { background: color-mix(in srgb, currentColor 10%, transparent); }
:where([data-rva-part='notice-action'] [data-rva-part='icon'], [data-rva-part='load-earlier'] [data-rva-part='icon']) { inline-size: 1rem; block-size: 1rem; }
:where([data-rva-part='notice-actions']) { display: flex; flex-wrap: wrap; gap: 0.5rem; }
@container rva (max-width: 24rem) {
  :where([data-rva-part='notice']) { padding-inline: 0.875rem 0.375rem; }
  :where([data-rva-part='notice-actions']) { grid-area: 2 / 2 / auto / -1; min-inline-size: 0; margin-block-end: 0.5rem; }
  :where([data-rva-part='notice-action']) { max-inline-size: 100%; padding-block: 0.375rem; overflow-wrap: anywhere; }
}
/* For 320 px wide pages with text at 200 %: a long word does not fit beside the icon and the button. */
@container rva (max-width: 18rem) {
  :where([data-rva-part='notice']) { grid-template-columns: auto 1fr auto; }
  :where([data-rva-part='notice'] > [data-rva-part='icon-button']) { grid-area: 1 / 3; }
  :where([data-rva-part='notice-text']) { grid-area: 2 / 1 / auto / -1; }
  :where([data-rva-part='notice-actions']) { grid-area: 3 / 1 / auto / -1; }
}
`
