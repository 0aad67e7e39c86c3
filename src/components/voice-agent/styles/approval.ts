/** A tool call that waits for the user. */
export const approval = `
:where([data-rva-part='approval']) {
  display: flex;
  flex-direction: column;
  gap: 0.75rem;
  box-sizing: border-box;
  inline-size: min(24rem, 100%);
  margin-block-start: 0.5rem;
  padding: 0.875rem 1rem;
  border: 1px solid var(--rva-control-border);
  border-radius: 1rem;
  background: var(--rva-raised);
  color: var(--rva-fg);
  font-size: 0.9375rem;
  overflow-wrap: anywhere;
}
:where([data-rva-part='approval-text']) { margin: 0; font-weight: 600; }
:where([data-rva-part='approval-title']) { position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
:where([data-rva-part='approval-arguments']) { display: grid; gap: 0.25rem; max-block-size: 12rem; margin: 0; overflow: auto; }
:where([data-rva-part='approval-arguments'] > div) { display: flex; flex-wrap: wrap; gap: 0 0.5rem; }
:where([data-rva-part='approval-arguments'] dt) { color: var(--rva-muted); }
:where([data-rva-part='approval-arguments'] dd) { margin: 0; white-space: pre-wrap; }
:where([data-rva-part='approval-actions']) { display: flex; flex-wrap: wrap; justify-content: flex-end; gap: 0.625rem; }
:where([data-rva-part='approval-decline'], [data-rva-part='approval-approve']) { padding-inline: 1.125rem; border-color: var(--rva-control-border); }
:where([data-rva-part='approval-approve']) { border-color: transparent; background: var(--rva-accent); color: var(--rva-accent-fg); }
:where([data-rva-part='approval-decline']:hover) { border-color: var(--rva-fg); }
`
