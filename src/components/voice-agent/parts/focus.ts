/** True if no element of the page has the focus. Also true after an element in a shadow tree was removed with the focus. */
export function isFocusLost({ activeElement, body, documentElement }: Document): boolean {
  return activeElement === null || activeElement === body || activeElement === documentElement
}
