/** Our rules have no specificity, so a later rule wins, even over an earlier one for a certain place or state. */
import { expect, test } from 'vitest'
import { backupStyles } from '../../../src/components/voice-agent/styles/backup.js'
import { captionStyles } from '../../../src/components/voice-agent/styles/captions.js'
import { checkStyles } from '../../../src/components/voice-agent/styles/check.js'
import { styles } from '../../../src/components/voice-agent/styles/index.js'
import { panelStyles } from '../../../src/components/voice-agent/styles/panels.js'
import { passkeyStyles } from '../../../src/components/voice-agent/styles/passkey.js'
import { shareStyles } from '../../../src/components/voice-agent/styles/share.js'
import { sheetStyles } from '../../../src/components/voice-agent/styles/sheet.js'
import { windowStyles } from '../../../src/components/voice-agent/styles/window.js'

interface Rule {
  /** The conditions around the rule, such as a container query. */
  within: string
  selectors: string[]
  style: CSSStyleDeclaration
}

function rulesOf(list: CSSRuleList, within = ''): Rule[] {
  return [...list].flatMap((rule) => {
    if (rule instanceof CSSStyleRule) {
      // Rules of the assistant that are confined to a view have the view's own selector in front.
      const own = rule.selectorText.replace(/^:where\(\[[^\]]*\], \[[^\]]*\] \*\)(?=:where)/, '')
      const inner = own.replace(/^:where\((.*)\)$/s, '$1')
      return { within, selectors: inner.split(/,\s*(?![^()]*\))/), style: rule.style }
    }
    if (rule instanceof CSSLayerBlockRule) return rulesOf(rule.cssRules, within)
    if (rule instanceof CSSGroupingRule)
      return rulesOf(rule.cssRules, within + rule.cssText.slice(0, rule.cssText.indexOf('{')))
    return []
  })
}

/** The part that a selector styles; undefined if it names none. */
const partOf = (selector: string) =>
  /\[data-rva-part="([\w-]+)"\]/.exec(
    selector
      .trim()
      .split(/\s*[>+~ ]\s*/)
      .at(-1) ?? '',
  )?.[1]

/** Rules for a part in one place or state whose declarations a later rule for that part replaces everywhere. */
function overriddenIn(css: string): string[] {
  const sheet = new CSSStyleSheet()
  sheet.replaceSync(css)
  const rules = rulesOf(sheet.cssRules)
  expect(rules.length).toBeGreaterThan(20)
  return rules.flatMap((rule, index) =>
    rule.selectors.flatMap((selector) => {
      const part = partOf(selector)
      const alone = `[data-rva-part="${part}"]`
      if (!part || (selector === alone && rule.within === '')) return []
      return rules
        .slice(index + 1)
        .filter(({ within, selectors }) => within === '' && selectors.includes(alone))
        .flatMap(({ style }) =>
          [...rule.style]
            .filter((name) => ![rule.style.getPropertyValue(name), ''].includes(style.getPropertyValue(name)))
            .map((name) => `${rule.within}${selector}: ${name}`),
        )
    }),
  )
}

test.each([
  ['assistant', styles + panelStyles + sheetStyles + checkStyles + captionStyles + windowStyles],
  ['passkey', passkeyStyles],
  ['share', shareStyles],
  ['backup', backupStyles],
])('%s: no rule for one place or state comes before the rule for all places', (_name, css) => {
  expect(overriddenIn(css)).toEqual([])
})

test('finds an overridden rule', () => {
  const filler = Array.from({ length: 20 }, (_, index) => `i:nth-child(${index}) { margin: 0 }`).join('')
  const general = ":where([data-rva-part='a'], [data-rva-part='b']) { color: red; margin: 0 }"
  const special = ":where([data-rva-part='list'] > [data-rva-part='a']) { color: blue; padding: 0 }"
  expect(overriddenIn(filler + special + general)).toEqual([
    '[data-rva-part="list"] > [data-rva-part="a"]: color',
  ])
  expect(overriddenIn(filler + general + special)).toEqual([])
})
