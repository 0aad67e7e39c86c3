import { inLayer } from './tokens.js'

/** The whole conversation on paper, with speakers and times, and without controls. */
export const printStyles = /* @__PURE__ */ inLayer(`
@media print {
  :where([data-rva-part='root']) {
    container: none;
    display: block;
    color-scheme: light;
    block-size: auto;
    min-block-size: 0;
    max-block-size: none;
    max-inline-size: none;
    overflow: visible;
    border: 0;
  }
  :where([data-rva-part='transcript'], [data-rva-part='viewport'], [data-rva-part='log']) { display: block; overflow: visible; visibility: visible !important; }
  :where([data-rva-part='chunk']) { display: block; block-size: auto !important; contain: none; }
  :where([data-rva-part='chunk-text']) { display: block; content-visibility: visible; white-space: pre-wrap; }
  :where([data-rva-part='header-end'], [data-rva-part='status-line'], [data-rva-part='notice-slot'], [data-rva-part='statistics'], [data-rva-part='conversations'], [data-rva-part='dock'], [data-rva-part='jump'], [data-rva-part='load-earlier'], [data-rva-part='resend'], [data-rva-part='approval-actions'], [data-rva-part='message-actions'], [data-rva-part='announcer']) { display: none !important; }
  :where([data-rva-part='turn']) { break-inside: avoid; }
  :where([data-rva-part='message'])::before { content: attr(aria-label); font-weight: 600; }
  :where([data-rva-part='time']) { position: static !important; transition: none; opacity: 1 !important; }
  :where([data-rva-part='turn'][data-by='user'] > [data-rva-part='time']) { align-self: flex-end; }
}
`)
