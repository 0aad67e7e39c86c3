/** The transcript without messages. */
export const transcript = `
:where([data-rva-part='transcript']) {
  position: relative;
  display: flex;
  /* The height in a page that sets none. Shrinks before everything else. */
  flex: 1 1000 17rem;
  min-block-size: 4.5rem;
}
:where([data-rva-part='viewport']) {
  flex: 1;
  min-inline-size: 0;
  overflow-y: auto;
  overscroll-behavior: contain;
  overflow-anchor: none;
  scrollbar-width: thin;
  scrollbar-color: var(--rva-control-border) transparent;
}
:where([data-rva-part='log']) {
  display: flex;
  flex-direction: column;
  min-block-size: 100%;
  padding: 1.25rem 1.25rem 0.5rem;
}

:where([data-rva-part='empty']) { display: grid; justify-items: center; gap: 0.875rem; margin: auto; color: var(--rva-muted); text-align: center; text-wrap: balance; }
:where([data-rva-part='empty'] > [data-rva-part='icon']) { inline-size: 3.5rem; block-size: 3.5rem; padding: 1rem; border-radius: 50%; background: var(--rva-accent-soft); color: var(--rva-accent); }
:where([data-rva-part='skeleton']) { display: grid; gap: 0.875rem; margin-block-start: auto; color: var(--rva-muted); font-size: 0.875rem; opacity: 0; animation: rva-appear 0.2s 0.15s forwards; }
:where([data-rva-part='skeleton'] span) { inline-size: 70%; block-size: 2.25rem; border-radius: 1.125rem; background: var(--rva-surface); }
:where([data-rva-part='skeleton'] span:nth-of-type(2)) { inline-size: 45%; justify-self: end; }
@keyframes rva-appear { to { opacity: 1; } }
`
