/** True if no element of the page has focus. Also true after a focused element in a shadow tree was removed. */
export function isFocusLost({ activeElement, body, documentElement }: Document): boolean {
  return activeElement === null || activeElement === body || activeElement === documentElement
}
