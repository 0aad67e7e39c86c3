/** Colours, sizes and fonts that an app may change. */
export const tokens = `
:where([data-rva-part='root']) {
  --rva-bg: light-dark(#ffffff, #15171c);
  --rva-surface: light-dark(#f4f5f7, #1f2229);
  --rva-raised: light-dark(#ffffff, #262a33);
  --rva-border: light-dark(#dfe2e8, #343945);
  --rva-control-border: light-dark(#868d9b, #737b8c);
  --rva-fg: light-dark(#16191f, #eceef2);
  --rva-muted: light-dark(#59606d, #a3abb9);
  --rva-accent: light-dark(#2b4fcb, #9db2ff);
  --rva-accent-fg: light-dark(#ffffff, #0e1537);
  --rva-accent-soft: light-dark(#e9eefc, #262e4d);
  --rva-success: light-dark(#17714d, #6fd3a5);
  --rva-danger: light-dark(#b3261e, #ffb1a8);
  --rva-danger-soft: light-dark(#fdeeec, #3c2221);
  --rva-warning: light-dark(#825300, #f0c268);
  --rva-warning-soft: light-dark(#fdf4e1, #362b17);
  --rva-focus: var(--rva-accent);
  --rva-radius: 1rem;
  --rva-gap: 1.125rem;
  --rva-font: ui-sans-serif, system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif;
  --rva-max-inline: 46rem;
  --rva-min-block: min(22rem, 100dvh);
  --rva-duration: 160ms;
}
:where([data-rva-part='root'][data-theme='light']) { color-scheme: light; }
:where([data-rva-part='root'][data-theme='dark']) { color-scheme: dark; }
@media (prefers-contrast: more) {
  :where([data-rva-part='root']) {
    --rva-border: var(--rva-control-border);
    --rva-control-border: var(--rva-fg);
    --rva-muted: var(--rva-fg);
  }
}
@media (prefers-reduced-motion: reduce) {
  :where([data-rva-part='root']) { --rva-duration: 0ms; }
}
`
