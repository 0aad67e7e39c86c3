import { buttons } from './buttons.js'
import { conversations } from './conversations.js'
import { inLayer, tokens } from './tokens.js'

/** The passkey dialog stands alone, outside the assistant, but has the assistant's colours and buttons. */
const own = `
:where([data-rva-part='passkey'] button[aria-disabled='true']) { color: var(--rva-muted); cursor: default; }
:where([data-rva-part='passkey'] button:focus-visible) { outline: 2px solid var(--rva-focus); outline-offset: 2px; }
:where([data-rva-part='recovery-code']) {
  margin: 0.75rem 0;
  padding: 0.75rem;
  border: 1px solid var(--rva-control-border);
  border-radius: 0.75rem;
  background: var(--rva-bg);
  font: 600 1.125rem/1.6 ui-monospace, monospace;
  text-align: center;
  overflow-wrap: anywhere;
  user-select: all;
}
`

/** Styles of the passkey dialog, in the same layer as the others. */
export const passkeyStyles = inLayer(
  tokens.replaceAll("data-rva-part='root'", "data-rva-part='passkey'") + buttons + conversations + own,
)
