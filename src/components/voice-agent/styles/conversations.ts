/** The list of stored conversations, and the dialog before deleting one. */
export const conversations = `
:where([data-rva-part='conversations']) {
  position: absolute;
  inset: 0;
  z-index: 1;
  overflow-y: auto;
  overscroll-behavior: contain;
  padding-block: 0.5rem 1rem;
  padding-inline: 1.25rem 0.75rem;
  background: var(--rva-bg);
  overflow-wrap: anywhere;
}
/* Hidden, so that it keeps its scroll position and neither the keyboard nor screen readers reach it. */
:where([data-rva-part='transcript']:has(> [data-rva-part='conversations']) > :is([data-rva-part='viewport'], [data-rva-part='jump'])) { visibility: hidden; }
:where([data-rva-part='conversations-head']) { display: flex; align-items: center; justify-content: space-between; gap: 0.5rem; }
:where([data-rva-part='conversations-title']) { margin: 0; min-inline-size: 0; hyphens: auto; font: 600 1rem/1.35 var(--rva-font); }
:where([data-rva-part='conversations-title']:focus) { outline: none; }
:where([data-rva-part='conversations-subtitle']) { margin-block: 1rem 0.25rem; color: var(--rva-muted); font: 500 0.8125rem/1.4 var(--rva-font); }
:where([data-rva-part='conversations-list']) { margin: 0; padding: 0; list-style: none; }
:where([data-rva-part='conversations-note']) { display: flex; flex-wrap: wrap; align-items: center; gap: 0.75rem; padding-block: 0.625rem; }
:where([data-rva-part='conversation']) { display: flex; align-items: center; gap: 0.25rem; border-block-start: 1px solid var(--rva-border); }
:where([data-rva-part='conversation'][data-current]) { border: 0; margin-inline-start: -0.75rem; padding-inline-start: 0.75rem; border-radius: 0.75rem; background: var(--rva-surface); }
:where([data-rva-part='rename']) { display: flex; flex-wrap: wrap; flex: 1; align-items: center; gap: 0.25rem; min-inline-size: 0; min-block-size: 3.5rem; padding-block: 0.25rem; }
:where([data-rva-part='rename'] > input) { flex: 1 1 8rem; inline-size: auto; min-inline-size: 0; }
:where([data-rva-part='rename'] > p) { flex-basis: 100%; }
:where([data-rva-part='text-actions']) { display: flex; flex-wrap: wrap; gap: 0.5rem; margin-block: 0.5rem; margin-inline-end: 0.5rem; }
:where([data-rva-part='text-actions'] > button) { max-inline-size: 100%; margin: 0; padding-inline: 0.625rem 0.75rem; gap: 0.375rem; font-size: 0.8125rem; }
:where([data-rva-part='dialog-input']:focus-visible) { outline: 2px solid var(--rva-focus); outline-offset: 1px; }
:where([data-rva-part='conversation-open']) {
  display: grid;
  flex: 1;
  gap: 0.0625rem;
  min-inline-size: 0;
  min-block-size: 3.5rem;
  align-content: center;
  margin: 0;
  padding: 0.375rem 0;
  border: 0;
  border-radius: 0.5rem;
  background: none;
  color: inherit;
  font: 400 0.9375rem/1.4 var(--rva-font);
  text-align: start;
  overflow-wrap: anywhere;
}
:where(button[data-rva-part='conversation-open']:not([aria-disabled='true'])) { cursor: pointer; }
:where(button[data-rva-part='conversation-open']:not([aria-disabled='true']):hover [data-rva-part='conversation-title']) { text-decoration: underline; text-underline-offset: 0.2em; }
:where([data-rva-part='conversation-title']) { display: -webkit-box; overflow: hidden; font-weight: 500; -webkit-box-orient: vertical; -webkit-line-clamp: 2; }
:where([data-rva-part='conversation-meta']) { color: var(--rva-muted); font-size: 0.8125rem; }
:where([data-rva-part='dialog']) {
  box-sizing: border-box;
  /* The percentages are for large text on a narrow page. */
  inline-size: min(24rem, calc(100vw - min(2rem, 10vw)));
  padding: min(1.25rem, 6vw);
  border: 1px solid var(--rva-border);
  border-radius: min(var(--rva-radius), 1.25rem);
  background: var(--rva-raised);
  color: var(--rva-fg);
  font: 400 0.9375rem/1.55 var(--rva-font);
  text-align: start;
  box-shadow: 0 1rem 3rem rgb(0 0 0 / 0.28);
  overflow-wrap: break-word;
}
:where([data-rva-part='dialog'])::backdrop { background: rgb(10 12 16 / 0.45); }
:where([data-rva-part='dialog-title']) { margin: 0 0 0.5rem; font: 600 1.0625rem/1.35 var(--rva-font); }
:where([data-rva-part='dialog-text']) { margin: 0; color: var(--rva-muted); text-wrap: pretty; }
:where([data-rva-part='conversations'] [data-rva-part='load-earlier']) { margin-block: 0.5rem; max-inline-size: 100%; }
/* As wide as the transcript's text. */
:where([data-rva-part='read-only']) { margin-block-start: 0.75rem; padding-inline-end: 0.5rem; }
:where([data-rva-part='read-only'] > *) { margin-block-end: var(--rva-gap); }
:where([data-rva-part='dialog-field']) { display: grid; gap: 0.25rem; margin-block-start: 0.75rem; font-size: 0.875rem; }
:where([data-rva-part='dialog-input']) {
  box-sizing: border-box;
  inline-size: 100%;
  min-block-size: 2.75rem;
  padding: 0.5rem 0.75rem;
  border: 1px solid var(--rva-control-border);
  border-radius: 0.75rem;
  background: var(--rva-bg);
  color: inherit;
  font: inherit;
  text-overflow: ellipsis;
}
/* As wide as the field for messages below it. */
:where([data-rva-part='conversations'] > [data-rva-part='dialog-input']) { inline-size: calc(100% - 0.5rem); margin-block: 0.25rem 0.75rem; }
:where([data-rva-part='dialog-error']) { margin: 0.5rem 0 0; color: var(--rva-danger); }
:where([data-rva-part='dialog-error']:empty) { display: none; }
:where([data-rva-part='dialog-actions'], [data-rva-part='dialog-answers']) { display: flex; flex-wrap: wrap; justify-content: flex-end; gap: 0.625rem; }
:where([data-rva-part='dialog-actions']) { margin-block-start: 1.25rem; }
:where([data-rva-part='dialog-cancel'], [data-rva-part='dialog-confirm']) { flex: 0 1 auto; max-inline-size: 100%; padding: 0.375rem min(1.125rem, 6vw); border-color: var(--rva-control-border); overflow-wrap: anywhere; }
:where([data-rva-part='dialog-confirm']) { border-color: transparent; background: var(--rva-danger); color: var(--rva-bg); }
:where([data-rva-part='dialog-confirm'][data-tone='accent']) { background: var(--rva-accent); color: var(--rva-accent-fg); }
:where([data-rva-part='dialog-cancel']:hover) { border-color: var(--rva-fg); }
@container rva (max-width: 24rem) {
  :where([data-rva-part='conversations']) { padding-inline: 0.875rem 0.375rem; }
  :where([data-rva-part='text-actions'] > button) { padding-inline: 0.5rem 0.625rem; }
}
/* For 320 px wide pages with text at 200 %: a name does not fit beside three buttons. */
@container rva (max-width: 18rem) {
  :where([data-rva-part='conversations']) { padding-inline: 0.5rem; }
  :where([data-rva-part='conversations-head']) { gap: 0.25rem; }
  :where([data-rva-part='conversations-title']) { font-size: 0.875rem; }
  :where([data-rva-part='conversation']) { flex-wrap: wrap; justify-content: flex-end; column-gap: 0; }
  :where([data-rva-part='conversation'][data-current]) { margin-inline-start: -0.5rem; padding-inline-start: 0.5rem; }
  :where([data-rva-part='conversation-open']) { flex: 1 0 100%; }
}
`
