import { round } from './buttons.js'

/** Individual styles of buttons and the composer, and the rules for widths. */
export const controls = `
:where([data-rva-part='icon-button']) { color: var(--rva-muted); }
:where([data-rva-part='icon-button'][aria-expanded='true']) { background: var(--rva-surface); }

:where([data-rva-part='dock']) {
  display: grid;
  gap: 0.75rem;
  padding: 0.875rem 1.25rem 1rem;
  border-block-start: 1px solid var(--rva-border);
}
:where([data-rva-part='composer']) { min-inline-size: 0; }
:where([data-rva-part='composer-field']) {
  display: flex;
  align-items: flex-end;
  border: 1px solid var(--rva-control-border);
  border-radius: 1.4375rem;
  background: var(--rva-bg);
}
:where([data-rva-part='composer-field']:focus-within) { outline: 2px solid transparent; border-color: var(--rva-accent); box-shadow: 0 0 0 1px var(--rva-accent); }
:where([data-rva-part='composer-input']) {
  flex: 1;
  min-inline-size: 0;
  min-block-size: 2.75rem;
  max-block-size: 9rem;
  margin: 0;
  padding: 0.625rem 0 0.625rem 1rem;
  border: 0;
  outline: 0;
  background: transparent;
  color: inherit;
  font: 400 1rem/1.5 var(--rva-font);
  resize: none;
  field-sizing: content;
}
/* The draft may have another direction than the page, but the button is at the end of the page's. */
:where([data-rva-part='composer-field']:dir(rtl) > [data-rva-part='composer-input']) { padding-left: 0; padding-right: 1rem; }
:where([data-rva-part='composer-input'])::placeholder { color: var(--rva-muted); opacity: 1; }
:where([data-rva-part='send'] [data-rva-part='icon']) {
  inline-size: 2rem;
  block-size: 2rem;
  padding: 0.3125rem;
  border-radius: 50%;
  background: var(--rva-accent);
  color: var(--rva-accent-fg);
}
:where([data-rva-part='send'][aria-disabled='true'] [data-rva-part='icon']) { background: var(--rva-surface); color: var(--rva-muted); opacity: 1; }
/* Always the description of the field; visible only if there is a draft to send. */
:where([data-rva-part='hint'][data-wanted]) { margin-block-start: 0.375rem; padding-inline: 1rem; color: var(--rva-muted); font-size: 0.8125rem; line-height: 1.4; }

:where([data-rva-part='controls']) { display: flex; align-items: center; gap: 0.5rem; }
:where([data-rva-part='microphone'], [data-rva-part='talk'], [data-rva-part='dock']) { position: relative; }
:where([data-rva-part='microphone'], [data-rva-part='talk'], [data-rva-part='interrupt'], [data-rva-part='devices']) { border-color: var(--rva-control-border); }
:where([data-rva-part='devices'][aria-expanded='true']) { background: var(--rva-surface); border-color: var(--rva-fg); }
/* A long touch must neither scroll nor open the browser's menu. */
:where([data-rva-part='talk']) { inline-size: 4rem; border-radius: 1.4375rem; touch-action: none; -webkit-touch-callout: none; user-select: none; }
:where([data-rva-part='talk'][aria-pressed='true']) { background: var(--rva-accent); color: var(--rva-accent-fg); }
:where(${round}[aria-disabled='true']) { border-color: var(--rva-border); }
:where([data-rva-part='icon-button'][aria-disabled='true'], [data-rva-part='send'][aria-disabled='true']) { border-color: transparent; }
:where([data-rva-part='primary']) {
  flex: 1;
  padding-inline: 1.125rem 1.25rem;
  background: var(--rva-accent);
  color: var(--rva-accent-fg);
  text-align: center;
  text-wrap: balance;
}
:where([data-rva-part='primary'][data-does='disconnect']) { border-color: var(--rva-danger); background: transparent; color: var(--rva-danger); }
:where([data-rva-part='root'] :is(button, [data-rva-part='viewport']):focus-visible) { outline: 2px solid var(--rva-focus); outline-offset: 2px; }
:where([data-rva-part='viewport']:focus-visible) { outline-offset: -2px; }


@container rva (min-width: 38rem) {
  :where([data-rva-part='dock']) { grid-template-columns: 1fr auto; align-items: start; gap: 0.75rem; }
  :where([data-rva-part='primary']) { flex: none; min-block-size: 2.875rem; }
}
@container rva (max-width: 26rem) {
  :where([data-rva-part='microphone'] ~ [data-rva-part='primary'] [data-rva-part='icon']) { display: none; }
}
@container rva (max-width: 24rem) {
  :where([data-rva-part='dock']) { padding-inline: 0.875rem; }
  :where([data-rva-part='log']) { padding-inline: 0.875rem; }
  :where([data-rva-part='header']) { column-gap: 0.25rem; padding-inline: 0.875rem 0.375rem; }
  :where([data-rva-part='header-end']) { gap: 0; }
  :where([data-rva-part='status-line']) { column-gap: 0.375rem; }
  :where([data-rva-part='controls']) { gap: 0.375rem; }
  :where([data-rva-part='primary']) { gap: 0.375rem; padding-inline: 0.25rem; }
  /* The label does not fit on one line beside the push-to-talk button. */
  :where([data-rva-part='controls']:has([data-rva-part='talk'])) { flex-wrap: wrap; row-gap: 0.75rem; }
  :where([data-rva-part='controls'] [data-rva-part='talk']) { flex: 1 0 100%; }
  /* A whole line has room for the label, which is the accessible name anyway. */
  :where([data-rva-part='controls'] [data-rva-part='talk'])::after { content: attr(aria-label); }
}
/* For 320 px wide pages with text at 200 %. */
@container rva (max-width: 18rem) {
  :where([data-rva-part='header']) { padding-block: 0.25rem; }
  /* In one row, however large the text is and still large enough for a finger. */
  :where([data-rva-part='header-end'] [data-rva-part='icon-button']) { inline-size: max(2.25rem, 44px); }
  :where([data-rva-part='title']) { white-space: normal; overflow-wrap: anywhere; }
  :where([data-rva-part='dock']) { grid-template-columns: minmax(0, 1fr); padding-inline: 0.5rem; }
  :where([data-rva-part='composer-input']) { padding-left: 0.75rem; }
  :where([data-rva-part='composer-field']:dir(rtl) > [data-rva-part='composer-input']) { padding-left: 0; padding-right: 0.75rem; }
  :where([data-rva-part='send']) { inline-size: max(2.25rem, 44px); }
  :where([data-rva-part='controls']) { flex-wrap: wrap; }
  :where([data-rva-part='primary']) { flex: 1 0 100%; order: -1; min-inline-size: 0; padding-inline: 0.375rem; overflow-wrap: anywhere; }
  :where([data-rva-part='primary'] [data-rva-part='icon']) { display: none; }
}
/* Hover styles. */
:where([data-rva-part='icon-button']:hover:not([aria-disabled='true'])) { background: var(--rva-surface); color: var(--rva-fg); }
:where([data-rva-part='primary']:hover) { background: color-mix(in oklab, var(--rva-accent), var(--rva-fg) 14%); }
:where([data-rva-part='primary'][data-does='disconnect']:hover) { background: var(--rva-danger-soft); }
:where([data-rva-part='devices']:hover, [data-rva-part='microphone']:hover:not([aria-disabled='true']), [data-rva-part='interrupt']:hover:not([aria-disabled='true'])) { background: var(--rva-surface); border-color: var(--rva-fg); }
`
