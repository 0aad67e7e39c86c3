/** Selectors of the round buttons and of the buttons with a label. */
export const round = `:is([data-rva-part='icon-button'], [data-rva-part='jump'], [data-rva-part='send'], [data-rva-part='microphone'], [data-rva-part='talk'], [data-rva-part='devices'], [data-rva-part='interrupt'])`
export const pill = `:is([data-rva-part='primary'], [data-rva-part='notice-action'], [data-rva-part='load-earlier'], [data-rva-part='resend'], [data-rva-part='dialog-cancel'], [data-rva-part='dialog-confirm'], button[data-rva-part^='approval-'])`

/** Common styles of all buttons. Their individual styles come later. */
export const buttons = `
:where(${round}, ${pill}) {
  appearance: none;
  display: inline-flex;
  align-items: center;
  justify-content: center;
  flex: none;
  gap: 0.5rem;
  min-block-size: 2.75rem;
  margin: 0;
  border: 1px solid transparent;
  border-radius: 1.375rem;
  background: transparent;
  color: inherit;
  font: 500 0.9375rem/1.2 var(--rva-font);
  letter-spacing: inherit;
  text-transform: none;
  cursor: pointer;
  transition: background-color var(--rva-duration), border-color var(--rva-duration), color var(--rva-duration);
  -webkit-tap-highlight-color: transparent;
}
/* While a call starts, colours change without a transition, because its frames would delay the call on the main thread. */
:where([data-connection='connecting'] button) { transition: none; }
:where(${round}) { inline-size: 2.75rem; padding: 0; }
:where([data-rva-part='notice-action'], [data-rva-part='load-earlier']) {
  padding-inline: 0.875rem 1rem;
  border-color: var(--rva-control-border);
  background: var(--rva-raised);
  font-size: 0.875rem;
}
:where([data-rva-part='notice-action']:not([aria-disabled='true']):hover, [data-rva-part='load-earlier']:not([aria-disabled='true']):hover) { border-color: var(--rva-fg); }
:where([data-rva-part='root'] button[aria-disabled='true']) { color: var(--rva-muted); cursor: default; }
:where([data-rva-part='root'] button[aria-busy='true']) { cursor: progress; }
:where(${round}[aria-disabled='true'] [data-rva-part='icon']) { opacity: 0.55; }
`
