/** The root, the header and the status. */
export const frame = `
:where([data-rva-part='root']) {
  container: rva / inline-size;
  box-sizing: border-box;
  display: flex;
  flex-direction: column;
  position: relative;
  inline-size: 100%;
  max-inline-size: var(--rva-max-inline);
  block-size: 100%;
  min-block-size: var(--rva-min-block);
  max-block-size: 100dvh;
  /* The root scrolls only if large text leaves the transcript less than its minimum height. */
  overflow: hidden auto;
  border: 1px solid var(--rva-border);
  border-radius: var(--rva-radius);
  background: var(--rva-bg);
  color: var(--rva-fg);
  font: 400 0.9375rem/1.55 var(--rva-font);
  letter-spacing: normal;
  text-align: start;
  text-transform: none;
  -webkit-font-smoothing: antialiased;
}
:where([data-rva-part='root'] *), :where([data-rva-part='root'] *)::before, :where([data-rva-part='root'] *)::after { box-sizing: border-box; }
:where([data-rva-part='root'] p, [data-rva-part='title']) { margin: 0; color: inherit; }
:where([data-rva-part='icon']) { inline-size: 1.25rem; block-size: 1.25rem; flex: none; }
/* A loudspeaker faces the end of the line. */
:where([data-icon='sound'], [data-icon='window']):dir(rtl) { transform: scaleX(-1); }

:where([data-rva-part='header']) {
  display: flex;
  flex-wrap: wrap;
  align-items: center;
  gap: 0.25rem 0.75rem;
  padding-block: 0.75rem;
  padding-inline: 1.25rem 0.75rem;
  border-block-end: 1px solid var(--rva-border);
}
/* If title and buttons do not fit side by side, for example with large text, the buttons wrap below the title. */
:where([data-rva-part='heading']) { flex: 1 1 8.5rem; min-inline-size: 0; }
:where([data-rva-part='header-end']) { display: flex; flex-wrap: wrap; align-items: center; justify-content: flex-end; gap: 0.125rem; margin-inline-start: auto; }
:where([data-rva-part='status-line']) { display: flex; flex-wrap: wrap; align-items: center; column-gap: 0.625rem; }
:where([data-rva-part='title']) {
  overflow: hidden;
  font: 600 1rem/1.35 var(--rva-font);
  letter-spacing: -0.011em;
  text-overflow: ellipsis;
  white-space: nowrap;
}
:where([data-rva-part='status']) {
  display: flex;
  align-items: center;
  gap: 0.375rem;
  min-block-size: 1.375rem;
  color: var(--rva-muted);
  font-size: 0.8125rem;
  line-height: 1.4;
}
:where([data-rva-part='status'] [data-rva-part='icon']) { inline-size: 1rem; block-size: 1rem; }
:where([data-rva-part='status']:is([data-kind='listening'], [data-kind='hearing'])) { color: var(--rva-success); }
:where([data-rva-part='status'][data-kind='speaking']) { color: var(--rva-accent); }
:where([data-rva-part='status']:is([data-kind='muted'], [data-kind='reconnecting'], [data-kind='prompting'])) { color: var(--rva-warning); }
:where([data-rva-part='status'][data-kind='failed']) { color: var(--rva-danger); }
:where([data-rva-part='status-text']) { overflow-wrap: anywhere; }

:where([data-rva-part='bars'], [data-rva-part='dots']) {
  display: inline-flex;
  align-items: center;
  justify-content: center;
  gap: 2px;
  flex: none;
  inline-size: 1rem;
  block-size: 1rem;
}

:where([data-icon='signal'] rect) { opacity: 0.28; }
:where([data-icon='signal'] rect[data-lit]) { opacity: 1; }

:where([data-rva-part='announcer'], [data-rva-part='hint']:not([data-wanted])) {
  position: absolute;
  inline-size: 1px;
  block-size: 1px;
  overflow: hidden;
  clip-path: inset(50%);
  white-space: nowrap;
}
`
