import { buttons } from './buttons.js'
import { conversations } from './conversations.js'
import { forcedColors } from './forced-colors.js'
import { frame } from './frame.js'
import { messages } from './messages.js'
import { notice } from './notice.js'
import { confined, inLayer, tokens } from './tokens.js'
import { transcript } from './transcript.js'

/** A share stands alone, outside an assistant, but has the assistant's transcript, colours and buttons. */
const own = `
:where([data-rva-part='shared']) { overflow: hidden auto; }
:where([data-rva-part='shared'] button:focus-visible, [data-rva-part='shared'] [data-rva-part='viewport']:focus-visible) { outline: 2px solid var(--rva-focus); outline-offset: -2px; }
:where([data-rva-part='shared-head']) { padding: 0.75rem 1.25rem; border-block-end: 1px solid var(--rva-border); }
:where([data-rva-part='shared-title']) { margin: 0; font: 600 1.0625rem/1.35 var(--rva-font); overflow-wrap: anywhere; }
:where([data-rva-part='shared-title']:focus) { outline: none; }
:where([data-rva-part='shared-note'], [data-rva-part='comments-note']) { color: var(--rva-muted); font-size: 0.8125rem; line-height: 1.45; text-wrap: pretty; }
:where([data-rva-part='shared-actions']) { display: flex; flex-wrap: wrap; align-items: center; gap: 0.5rem 0.75rem; margin-block-start: 0.5rem; }
:where([data-rva-part='shared-actions'] [data-rva-part='dialog-error']) { margin: 0; }
:where([data-rva-part='shared'] > [data-rva-part='notice']) { position: sticky; inset-block-start: 0; z-index: 1; flex: none; }
:where([data-rva-part='shared-message']) {
  display: grid;
  flex: 1;
  grid-template-columns: minmax(0, 1fr);
  justify-items: center;
  align-content: center;
  gap: 0.75rem;
  padding: 1.5rem 1.25rem;
  text-align: center;
  text-wrap: balance;
  overflow-wrap: anywhere;
}
:where([data-rva-part='shared-message'] > [data-rva-part='icon']) { inline-size: 2rem; block-size: 2rem; color: var(--rva-warning); }
:where([data-rva-part='transcript']:has(+ [data-rva-part='comments'])) { min-block-size: 16rem; }
:where([data-rva-part='comments']) { flex: 0 1 auto; padding: 0.75rem 1.25rem 1rem; border-block-start: 1px solid var(--rva-border); }
:where([data-rva-part='comments-title']) { margin: 0 0 0.25rem; font: 600 0.9375rem/1.4 var(--rva-font); }
:where([data-rva-part='comments-list']) { margin: 0; padding: 0; list-style: none; }
:where([data-rva-part='comment']) { padding-block: 0.5rem; border-block-end: 1px solid var(--rva-border); overflow-wrap: anywhere; }
:where([data-rva-part='comment-by']) { font-weight: 600; font-size: 0.875rem; }
:where([data-rva-part='comment-by'] time) { color: var(--rva-muted); font-weight: 400; font-size: 0.8125rem; }
:where([data-rva-part='comment-text']) { white-space: pre-wrap; }
:where([data-rva-part='comment-form'] [data-rva-part='dialog-actions']) { align-items: center; margin-block-start: 0.75rem; }
:where([data-rva-part='comment-form'] textarea) { resize: vertical; }
/* For 320 px wide pages with text at 200 %. */
@container rva (max-width: 18rem) {
  :where([data-rva-part='shared-head'], [data-rva-part='shared-message'], [data-rva-part='comments']) { padding-inline: 0.5rem; }
}
`

/** Styles of a share, in the same layer as the others. */
export const shareStyles = inLayer(
  confined(
    'shared',
    tokens + buttons + frame + transcript + messages + notice + conversations + forcedColors,
  ) + own,
)
