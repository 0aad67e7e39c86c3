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
:where([data-rva-part='dialog-input'][data-kind='code']) {
  display: block;
  font: 1rem/1.5 ui-monospace, monospace;
  resize: none;
  field-sizing: content;
}
/* The answers stay together at the end. If the button before them doesn't fit, it has a line of its own. */
:where([data-rva-part='dialog-answers']) { margin-inline-start: auto; }
:where([data-rva-part='dialog-actions']:has(> [data-rva-part='dialog-answers'])) { justify-content: flex-start; }
`
