import { expect, test } from 'vitest'
import { minifyCss } from '../../../.config/minify-css.js'
import { styles } from '../../../src/components/voice-agent/styles/index.js'
import { panelStyles } from '../../../src/components/voice-agent/styles/panels.js'

/** The rules as the browser has understood them. What has a `var()` in it is kept as it was written: there, blanks after commas say nothing. */
function rulesOf(text: string): string {
  const sheet = new CSSStyleSheet()
  sheet.replaceSync(text)
  return [...sheet.cssRules].map(({ cssText }) => cssText.replaceAll(', ', ',')).join('\n')
}

test.each([
  ['of the component', styles],
  ['of the panels', panelStyles],
])('the sheet %s is minified to the very same rules', (_which, sheet) => {
  const minified = minifyCss(sheet)
  expect(minified.length).toBeLessThan(0.9 * sheet.length)
  expect(rulesOf(minified)).toBe(rulesOf(sheet))
})
