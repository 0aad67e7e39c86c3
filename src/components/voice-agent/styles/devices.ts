/** The level in the microphone's button, and the button of the device menu. */
export const devices = `
:where([data-rva-part='microphone']) { position: relative; }
:where([data-rva-part='level']) {
  --rva-level: var(--rva-level-in, var(--rva-level-out, 0));
  position: absolute;
  inset: 0;
  border-radius: inherit;
  background: linear-gradient(to top, var(--rva-success) calc(var(--rva-level) * 100%), transparent 0);
  mask: radial-gradient(closest-side, transparent calc(100% - 3.5px), #000 calc(100% - 3px));
  pointer-events: none;
}
@media (prefers-reduced-motion: reduce) {
  :where([data-rva-part='level']) { --rva-level: round(up, var(--rva-level-in, var(--rva-level-out, 0)), 0.25); }
}

:where([data-rva-part='devices']) { border-color: var(--rva-control-border); }
:where([data-rva-part='devices']:hover, [data-rva-part='devices'][aria-expanded='true']) { background: var(--rva-surface); border-color: var(--rva-fg); }
:where([data-rva-part='dock']) { position: relative; }
@media (forced-colors: active) {
  :where([data-rva-part='level']) { forced-color-adjust: none; --rva-success: Highlight; }
}
`
