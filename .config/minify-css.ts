/**
 * Removes comments and insignificant whitespace. Assumes the way our sheets are written: no braces or semicolons in strings, and a space
 * after a colon only in declarations.
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
