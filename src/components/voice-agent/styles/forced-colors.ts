import { pill, round } from './buttons.js'

/** Forced colours, which the system chooses. */
export const forcedColors = `
@media (forced-colors: active) {
  :where([data-rva-part='message'][data-role='user'] [data-rva-part='bubble'], ${pill}, ${round}) { border-color: currentColor; }
  :where([data-rva-part='root'] button[aria-disabled='true']) { border-color: GrayText; color: GrayText; }
  :where([data-rva-part='icon']) { forced-color-adjust: auto; }
  :where([data-rva-part='divider'])::before, :where([data-rva-part='divider'])::after { forced-color-adjust: none; background: CanvasText; }
  :where([data-rva-part='notice']) { border-block: 2px solid CanvasText; }
  :where([data-rva-part='bars'] i, [data-rva-part='dots'] i) { forced-color-adjust: none; background: CanvasText; }
  :where([data-rva-part='microphone'][aria-pressed='true'], [data-rva-part='talk'][aria-pressed='true']) { border-color: Highlight; outline: 1px solid Highlight; }
  :where([data-rva-part='level']) { forced-color-adjust: none; --rva-success: Highlight; }
}
`
