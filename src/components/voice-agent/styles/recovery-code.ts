/** A recovery code that the user writes down, and the button that leads to it. */
export const recoveryCode = `
:where([data-rva-part='recovery-code']) {
  margin: 0.75rem 0;
  padding: 0.75rem;
  border: 1px solid var(--rva-control-border);
  border-radius: 0.75rem;
  background: var(--rva-bg);
  font: 600 1.125rem/1.6 ui-monospace, monospace;
  text-align: center;
  text-wrap: balance;
  overflow-wrap: anywhere;
  user-select: all;
}
/* Its 34 characters fit into a field of a 360 px wide page. They are 0.6 em wide. */
:where([data-rva-part='dialog-field']:has(> [data-kind='code'])) { container-type: inline-size; }
:where([data-rva-part='dialog-input'][data-kind='code']) {
  padding-inline: 0.5rem;
  font-family: ui-monospace, monospace;
  font-size: clamp(0.75rem, calc((100cqi - 1rem - 2px) / 20.75), 1rem);
}
/* The answers stay together at the end. If the button before them doesn't fit, it has a line of its own. */
:where([data-rva-part='dialog-answers']) { margin-inline-start: auto; }
:where([data-rva-part='dialog-actions']:has(> [data-rva-part='dialog-answers'])) { justify-content: flex-start; }
`
