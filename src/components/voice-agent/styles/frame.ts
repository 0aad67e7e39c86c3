/** The panel: header, status, notice. */
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
  /* As a whole only where large text leaves the transcript less than its least height. */
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

:where([data-rva-part='header']) {
  display: flex;
  flex-wrap: wrap;
  align-items: center;
  gap: 0.25rem 0.75rem;
  padding-block: 0.75rem;
  padding-inline: 1.25rem 0.75rem;
  border-block-end: 1px solid var(--rva-border);
}
/* Where title and buttons have no room side by side, as with large text, the buttons go below it. */
:where([data-rva-part='heading']) { flex: 1 1 8.5rem; min-inline-size: 0; }
:where([data-rva-part='header-end']) { display: flex; flex-wrap: wrap; align-items: center; justify-content: flex-end; gap: 0.125rem; margin-inline-start: auto; }
:where([data-rva-part='status-line']) { display: flex; flex-wrap: wrap; align-items: center; column-gap: 0.75rem; }
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
:where([data-rva-part='duration']) {
  color: var(--rva-muted);
  font-size: 0.8125rem;
  font-variant-numeric: tabular-nums;
}

:where([data-rva-part='bars'], [data-rva-part='dots']) {
  display: inline-flex;
  align-items: center;
  justify-content: center;
  gap: 2px;
  flex: none;
  inline-size: 1rem;
  block-size: 1rem;
}
:where([data-rva-part='bars'] i) { inline-size: 2px; block-size: 35%; border-radius: 1px; background: currentColor; }
:where([data-rva-part='bars'] i:nth-child(2)) { block-size: 80%; }
:where([data-rva-part='bars'] i:nth-child(3)) { block-size: 55%; }
:where([data-rva-part='dots'] i) { inline-size: 4px; block-size: 4px; border-radius: 50%; background: currentColor; }
@media (prefers-reduced-motion: no-preference) {
  :where([data-kind='speaking'] [data-rva-part='bars'] i, [data-kind='hearing'] [data-rva-part='bars'] i) { animation: rva-bar 0.9s ease-in-out infinite alternate; }
  :where([data-rva-part='bars'] i:nth-child(2)) { animation-delay: -0.3s; }
  :where([data-rva-part='bars'] i:nth-child(3)) { animation-delay: -0.65s; }
  :where([data-rva-part='bars'] i:nth-child(4)) { animation-delay: -0.15s; }
  :where([data-rva-part='dots'] i) { animation: rva-dot 1.2s ease-in-out infinite; }
  :where([data-rva-part='dots'] i:nth-child(2)) { animation-delay: 0.16s; }
  :where([data-rva-part='dots'] i:nth-child(3)) { animation-delay: 0.32s; }
}
@keyframes rva-bar { from { transform: scaleY(0.5); } to { transform: scaleY(1.25); } }
@keyframes rva-dot { 0%, 70%, 100% { opacity: 0.3; } 35% { opacity: 1; } }

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
:where([data-rva-part='announcer'], [data-rva-part='hint']:not([data-wanted])) {
  position: absolute;
  inline-size: 1px;
  block-size: 1px;
  overflow: hidden;
  clip-path: inset(50%);
  white-space: nowrap;
}
`
