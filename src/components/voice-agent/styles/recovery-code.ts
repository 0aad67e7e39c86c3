/** A recovery code that the user writes down. */
export const recoveryCode = `
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
