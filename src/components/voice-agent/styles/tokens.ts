/**
 * Defaults of the colours, sizes and fonts that an app may change. Each `--rva-x` falls back to `--rva-default-x`, so an app may set it
 * on the assistant, or on any element around it such as `:root`.
 */
export const tokens = `
:where([data-rva-part='root']) {
  --rva-default-bg: light-dark(#ffffff, #15171c);
  --rva-default-surface: light-dark(#f4f5f7, #1f2229);
  --rva-default-raised: light-dark(#ffffff, #262a33);
  --rva-default-border: light-dark(#dfe2e8, #343945);
  --rva-default-control-border: light-dark(#868d9b, #737b8c);
  --rva-default-fg: light-dark(#16191f, #eceef2);
  --rva-default-muted: light-dark(#59606d, #a3abb9);
  --rva-default-accent: light-dark(#2b4fcb, #9db2ff);
  --rva-default-accent-fg: light-dark(#ffffff, #0e1537);
  --rva-default-accent-soft: light-dark(#e9eefc, #262e4d);
  --rva-default-success: light-dark(#17714d, #6fd3a5);
  --rva-default-danger: light-dark(#b3261e, #ffb1a8);
  --rva-default-danger-soft: light-dark(#fdeeec, #3c2221);
  --rva-default-warning: light-dark(#825300, #f0c268);
  --rva-default-warning-soft: light-dark(#fdf4e1, #362b17);
  --rva-default-focus: var(--rva-accent);
  --rva-default-radius: 1rem;
  --rva-default-gap: 1.125rem;
  --rva-default-font: ui-sans-serif, system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif;
  --rva-default-max-inline: 46rem;
  --rva-default-min-block: min(22rem, 100dvh);
  --rva-default-duration: 160ms;
}
:where([data-rva-part='root'][data-theme='light']) { color-scheme: light; }
:where([data-rva-part='root'][data-theme='dark']) { color-scheme: dark; }
@media (prefers-contrast: more) {
  :where([data-rva-part='root']) {
    --rva-default-border: var(--rva-control-border);
    --rva-default-control-border: var(--rva-fg);
    --rva-default-muted: var(--rva-fg);
  }
}
@media (prefers-reduced-motion: reduce) {
  :where([data-rva-part='root']) { --rva-default-duration: 0ms; }
}
`

/** Puts rules into the package's layer, and adds the fallback to each property that an app may set. */
export const inLayer = (rules: string): string =>
  `@layer rva {${rules.replace(/var\(--rva-([\w-]+)\)/g, 'var(--rva-$1, var(--rva-default-$1))')}}`

/**
 * Confines rules of the assistant to a view that stands alone, because both may be on one page. Adds no specificity. Each rule must start
 * a line with `:where(`.
 */
export const confined = (view: string, rules: string): string =>
  rules
    .replaceAll("data-rva-part='root'", `data-rva-part='${view}'`)
    .replace(/^( *)(?=:where\()/gm, `$1:where([data-rva-part='${view}'], [data-rva-part='${view}'] *)`)
