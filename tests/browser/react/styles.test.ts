import { expect, test } from 'vitest'
import { minifyCss } from '../../../.config/minify-css.js'
import { captionStyles } from '../../../src/components/voice-agent/styles/captions.js'
import { styles } from '../../../src/components/voice-agent/styles/index.js'
import { panelStyles } from '../../../src/components/voice-agent/styles/panels.js'
import { printStyles } from '../../../src/components/voice-agent/styles/print.js'

/** Returns the rules as the browser parses them. Ignores blanks after commas, which browsers preserve in values with `var()`. */
function rulesOf(text: string): string {
  const sheet = new CSSStyleSheet()
  sheet.replaceSync(text)
  return [...sheet.cssRules].map(({ cssText }) => cssText.replaceAll(', ', ',')).join('\n')
}

test.each([
  ['of the component', styles],
  ['of the panels', panelStyles],
  ['for paper', printStyles],
  ['of the captions', captionStyles],
])('minifying the sheet %s keeps its rules', (_which, sheet) => {
  const minified = minifyCss(sheet)
  expect(minified.length).toBeLessThan(0.9 * sheet.length)
  expect(rulesOf(minified)).toBe(rulesOf(sheet))
})
