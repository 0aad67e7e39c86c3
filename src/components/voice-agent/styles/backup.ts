import { buttons } from './buttons.js'
import { conversations } from './conversations.js'
import { forcedColors } from './forced-colors.js'
import { frame } from './frame.js'
import { notice } from './notice.js'
import { recoveryCode } from './recovery-code.js'
import { confined, inLayer, tokens } from './tokens.js'

/** The panel stands alone, outside an assistant: its colours, its buttons and its list are the assistant's. */
const own = `
:where([data-rva-part='backup']) { block-size: auto; min-block-size: 0; max-block-size: none; padding: 1rem min(1.25rem, 6vw) 1.25rem; overflow-wrap: anywhere; }
:where([data-rva-part='backup'] button:focus-visible, [data-rva-part='backup'] input:focus-visible) { outline: 2px solid var(--rva-focus); outline-offset: 2px; }
:where([data-rva-part='backup-title']) { margin: 0 0 0.5rem; font: 600 1.0625rem/1.35 var(--rva-font); }
:where([data-rva-part='backup-subtitle']) { margin: 1.25rem 0 0.25rem; font: 600 0.9375rem/1.4 var(--rva-font); }
:where([data-rva-part='backup-title'], [data-rva-part='backup-subtitle']):focus { outline: none; }
:where(p[data-rva-part='backup-note']) { color: var(--rva-muted); text-wrap: pretty; }
:where([data-rva-part='backup-note'] + [data-rva-part='backup-note']) { margin-block-start: 0.5rem; }
:where([data-rva-part='backup-actions']) { display: flex; flex-wrap: wrap; gap: 0.625rem; margin-block: 0.875rem 0.5rem; }
:where([data-rva-part='backup'] [data-rva-part='notice-action'], [data-rva-part='backup'] [data-rva-part='load-earlier']) { padding: 0.375rem 1rem; max-inline-size: 100%; overflow-wrap: anywhere; }
:where([data-rva-part='backup'] [data-rva-part='notice']) { margin-block: 0.5rem; padding-inline: min(0.875rem, 5vw); border: 1px solid var(--rva-border); border-radius: 0.75rem; }
:where([data-rva-part='backup-choice']) { display: flex; align-items: center; gap: 0.625rem; min-block-size: 2.75rem; cursor: pointer; }
:where([data-rva-part='backup-choice'] input) { flex: none; inline-size: 1.25rem; block-size: 1.25rem; margin: 0; accent-color: var(--rva-accent); }
:where([data-rva-part='backup-progress']) { display: flex; align-items: center; gap: 0.75rem; margin-block: 0.5rem; font-variant-numeric: tabular-nums; }
:where([data-rva-part='backup-progress'] progress) { flex: 1; min-inline-size: 0; accent-color: var(--rva-accent); }
:where([data-rva-part='backup'] [data-rva-part='conversations-list']) { margin-block: 0.5rem; }
:where([data-rva-part='backup'] [data-rva-part='conversation']) { padding-block: 0.25rem; column-gap: 0.75rem; }
:where([data-rva-part='backup-status']:not(:empty)) { margin-block: 0.5rem; padding: 0.5rem min(0.875rem, 5vw); border-radius: 0.75rem; background: var(--rva-surface); }
:where([data-rva-part='backup-skipped']) { margin: 0.25rem 0 0; padding-inline-start: 1.25rem; overflow-wrap: anywhere; }
:where([data-rva-part='backup-skipped'] bdi) { font-weight: 500; }
/* Below the text, because the panel is too narrow for both. */
@container rva (min-width: 18.01rem) {
  :where([data-rva-part='backup'] [data-rva-part='notice-actions']) { grid-area: 2 / 2 / auto / -1; margin-block-end: 0.5rem; }
}
@container rva (max-width: 24rem) {
  :where([data-rva-part='backup'] [data-rva-part='conversation']) { flex-wrap: wrap; justify-content: flex-end; }
  :where([data-rva-part='backup'] [data-rva-part='conversation-open']) { flex: 1 0 100%; }
}
`

/** Styles of the backup's panel, in the layer of the others. */
export const backupStyles = inLayer(
  confined('backup', tokens + buttons + frame + notice + conversations + forcedColors + recoveryCode) + own,
)
