import { buttons } from './buttons.js'
import { conversations } from './conversations.js'
import { recoveryCode } from './recovery-code.js'
import { confined, inLayer, tokens } from './tokens.js'

/** The passkey dialog stands alone, outside the assistant, but has the assistant's colours and buttons. */
const own = `
:where([data-rva-part='passkey'] button[aria-disabled='true']) { color: var(--rva-muted); cursor: default; }
:where([data-rva-part='passkey'] button:focus-visible) { outline: 2px solid var(--rva-focus); outline-offset: 2px; }
`

/** Styles of the passkey dialog, in the same layer as the others. */
export const passkeyStyles = inLayer(
  confined('passkey', tokens + buttons + conversations + recoveryCode) + own,
)
