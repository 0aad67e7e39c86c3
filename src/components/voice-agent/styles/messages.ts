/** The messages and the marks between them. */
export const messages = `
/* Containment limits layout and paint to one chunk. Not content-visibility, because screen readers do not find skipped content. */
:where([data-rva-part='chunk']) { display: flex; flex: none; flex-direction: column; contain: layout paint style; }
:where([data-rva-part='chunk'] > *, [data-rva-part='log'] > [data-rva-part='gap']) { margin-block-end: var(--rva-gap); }
:where([data-rva-part='turn']) { position: relative; display: flex; flex-direction: column; }
:where([data-rva-part='turn']:focus) { outline: 2px solid var(--rva-focus); outline-offset: 0.25rem; border-radius: 0.5rem; }
:where([data-rva-part='message']) { display: flex; flex-direction: column; align-items: flex-start; max-inline-size: 100%; }
:where([data-rva-part='bubble']) {
  max-inline-size: min(36rem, 92%);
  overflow-wrap: anywhere;
  white-space: pre-wrap;
  text-wrap: pretty;
}
:where([data-rva-part='message'][data-role='user']) { align-items: flex-end; }
:where([data-rva-part='message'][data-role='user'] [data-rva-part='bubble']) {
  max-inline-size: min(30rem, 85%);
  padding: 0.5rem 0.875rem;
  border: 1px solid transparent;
  border-radius: 1.125rem;
  background: var(--rva-accent-soft);
}
/* The corner on the user's side. The bubble itself has the direction of its text. */
:where([data-rva-part='message'][data-role='user']:dir(ltr) > [data-rva-part='bubble']) { border-bottom-right-radius: 0.375rem; }
:where([data-rva-part='message'][data-role='user']:dir(rtl) > [data-rva-part='bubble']) { border-bottom-left-radius: 0.375rem; }
:where([data-rva-part='message'][data-role='user'][data-status='streaming'] [data-rva-part='bubble']) {
  border: 1px dashed var(--rva-control-border);
  background: transparent;
}
:where([data-rva-part='message']:is([data-role='system'], [data-role='tool'])) { align-items: center; color: var(--rva-muted); font-size: 0.8125rem; }
:where([data-rva-part='message'][data-role='system'] [data-rva-part='bubble']) { text-align: center; text-wrap: balance; }
:where([data-rva-part='message'][data-role='tool'] [data-rva-part='bubble']) {
  display: flex;
  align-items: flex-start;
  gap: 0.5rem;
  padding-block: 0.3125rem;
  padding-inline: 0.625rem 0.875rem;
  border: 1px solid var(--rva-border);
  border-radius: 1rem;
}
:where([data-rva-part='message'][data-role='tool'] [data-rva-part='icon']) { inline-size: 1rem; block-size: 1rem; margin-block-start: 0.125rem; }
@container rva (max-width: 18rem) {
  :where([data-rva-part='message'][data-role='tool'] [data-rva-part='bubble']) { gap: 0.25rem; max-inline-size: 100%; padding-inline: 0.375rem 0.5rem; }
}
/* A time without its own line is visible on hover, on touch, and while the transcript has keyboard focus. */
:where([data-rva-part='time']) {
  position: absolute;
  inset-block-start: 100%;
  inset-inline-start: 0;
  color: var(--rva-muted);
  font-size: 0.6875rem;
  line-height: 1rem;
  font-variant-numeric: tabular-nums;
  white-space: nowrap;
  user-select: none;
  opacity: 0;
  transition: opacity var(--rva-duration);
}
:where([data-rva-part='message']:hover + [data-rva-part='time'], [data-rva-part='viewport']:focus-visible [data-rva-part='time']) { opacity: 1; }
@media (hover: none) {
  :where([data-rva-part='time']) { opacity: 1; }
}
:where([data-rva-part='turn'][data-by='user'] > [data-rva-part='time']) { inset-inline: auto 0; }
:where([data-rva-part='turn']:is([data-by='system'], [data-by='tool']) > [data-rva-part='time']) { inset-inline: 0; text-align: center; }
:where([data-rva-part='time'][data-shown]) { order: -1; position: static; align-self: center; margin-block-end: 0.625rem; font-size: 0.75rem; opacity: 1; }
:where([data-rva-part='day'], [data-rva-part='gap']) {
  display: flex;
  align-items: center;
  justify-content: center;
  gap: 0.5rem;
  color: var(--rva-muted);
  font-size: 0.8125rem;
  text-align: center;
}
:where([data-rva-part='day']) { color: var(--rva-fg); font-weight: 600; margin-block: 0.5rem 0.25rem; }
:where([data-rva-part='gap']) { align-self: center; padding-block: 0.3125rem; padding-inline: 0.625rem 0.875rem; border: 1px dashed var(--rva-control-border); border-radius: 1rem; }
:where([data-rva-part='gap'] [data-rva-part='icon']) { inline-size: 1rem; block-size: 1rem; }
:where([data-rva-part='message'][data-role='assistant'][data-status='streaming'] [data-rva-part='text'])::after {
  content: '';
  display: inline-block;
  inline-size: 0.5rem;
  block-size: 0.5rem;
  margin-inline-start: 0.375rem;
  border-radius: 50%;
  background: var(--rva-accent);
}
/* Block elements in a slot have no line for the dot. */
:where([data-rva-part='text']:has(> :is(div, p, ul, ol, pre)))::after { content: none !important; }
:where([data-rva-part='spoken']) { display: inline-flex; align-items: center; gap: 0.375rem; color: var(--rva-muted); min-block-size: 1.5em; }
:where([data-rva-part='spoken'] [data-rva-part='icon'], [data-rva-part='interrupted'] [data-rva-part='icon'], [data-rva-part='not-sent'] [data-rva-part='icon']) { inline-size: 1rem; block-size: 1rem; }
:where([data-rva-part='message'] [data-rva-part='dots']) { inline-size: 1.5rem; gap: 3px; color: var(--rva-muted); }
:where([data-rva-part='interrupted'], [data-rva-part='not-sent'], [data-rva-part='pending']) {
  display: flex;
  align-items: center;
  gap: 0.25rem;
  margin-block-start: 0.25rem;
  color: var(--rva-muted);
  font-size: 0.8125rem;
}
:where([data-rva-part='not-sent']) { flex-wrap: wrap; justify-content: end; color: var(--rva-danger); }
/* An acknowledgement takes a moment, and the mark must not flash with each text. */
:where([data-rva-part='pending']) { overflow: hidden; max-block-size: 2lh; animation: rva-emerge 0.2s 0.8s backwards; }
@keyframes rva-emerge { from { max-block-size: 0; margin-block-start: 0; opacity: 0; } }
:where([data-rva-part='resend']) {
  min-block-size: 1.5rem;
  max-inline-size: 100%;
  overflow-wrap: anywhere;
  margin-inline-start: 0.25rem;
  padding-inline: 0.5rem 0.625rem;
  gap: 0.25rem;
  border-color: var(--rva-control-border);
  border-radius: 0.75rem;
  background: var(--rva-raised);
  color: var(--rva-fg);
  font-size: 0.8125rem;
}
:where([data-rva-part='message-actions']) { display: flex; flex-wrap: wrap; gap: 0.25rem; margin-block-start: 0.25rem; }
:where([data-rva-part='resend']:hover) { border-color: var(--rva-fg); }

:where([data-rva-part='restored']) { padding-block: 0.25rem; color: var(--rva-muted); font-size: 0.8125rem; text-align: center; text-wrap: balance; }
:where([data-rva-part='restored-text']) { margin-block-start: 0.25rem; }
:where([data-rva-part='restored'] strong) { display: block; color: var(--rva-fg); font-weight: 600; }
:where([data-rva-part='divider']) { display: flex; align-items: center; justify-content: center; gap: 0.25rem; }
:where([data-rva-part='divider'] [data-rva-part='icon']) { inline-size: 0.875rem; block-size: 0.875rem; }
:where([data-rva-part='divider'])::before, :where([data-rva-part='divider'])::after {
  content: '';
  flex: 1;
  block-size: 1px;
  background: var(--rva-border);
}
:where([data-rva-part='divider'])::before { margin-inline-end: 0.5rem; }
:where([data-rva-part='divider'])::after { margin-inline-start: 0.5rem; }

:where([data-rva-part='jump']) {
  position: absolute;
  inset-block-end: 0.75rem;
  inset-inline-start: calc(50% - 1.375rem);
  border: 1px solid var(--rva-border);
  background: var(--rva-raised);
  color: var(--rva-fg);
  box-shadow: 0 2px 8px rgb(0 0 0 / 0.16);
}
:where([data-rva-part='jump'][data-unseen])::after {
  content: attr(data-unseen);
  position: absolute;
  inset-block-start: -0.375rem;
  inset-inline-end: -0.375rem;
  min-inline-size: 1.25rem;
  padding-inline: 0.25rem;
  border-radius: 0.625rem;
  background: var(--rva-accent);
  color: var(--rva-accent-fg);
  font-size: 0.75rem;
  font-variant-numeric: tabular-nums;
  line-height: 1.25rem;
}
:where([data-rva-part='load-earlier']) { align-self: center; margin-block-end: var(--rva-gap); }
`
