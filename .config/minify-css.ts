/**
 * Without comments and the blanks that mean nothing. Takes sheets as ours are written: no braces or semicolons in strings, and a blank
 * after a colon in declarations only.
 */
export const minifyCss = (css: string): string =>
  css
    .replace(/\/\*.*?\*\//gs, '')
    .replace(/\s+/g, ' ')
    .replace(/ ?([{};,]) ?/g, '$1')
    .replace(/: /g, ':')
    .replace(/;}/g, '}')
    .replace(/='([a-z][\w-]*)'/g, '=$1')
    .trim()
