/** Animations, levels and qualities during a call. */
export const call = `
:where([data-rva-part='duration']) {
  color: var(--rva-muted);
  font-size: 0.8125rem;
  font-variant-numeric: tabular-nums;
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

:where([data-rva-part='microphone'][aria-pressed='true']) { border-color: var(--rva-warning); background: var(--rva-warning-soft); color: var(--rva-warning); }
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

:where([data-rva-part='icon-button']:is([data-quality='excellent'], [data-quality='good'])) { color: var(--rva-success); }
:where([data-rva-part='icon-button'][data-quality='poor'], [data-rva-part='quality-text'][data-quality='poor']) { color: var(--rva-warning); }
:where([data-rva-part='icon-button'][data-quality='lost'], [data-rva-part='quality-text'][data-quality='lost']) { color: var(--rva-danger); }
:where([data-rva-part='quality-text']) { font-size: 0.8125rem; line-height: 1.4; }
:where([data-rva-part='call-check']) { padding-block: 0.5rem; padding-inline: 1.25rem; }
:where([data-rva-part='call-check'] > button) { margin: 0; }
`
