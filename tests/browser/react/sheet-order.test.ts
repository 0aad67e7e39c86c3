import { expect, test } from 'vitest'
import { adoptSheet } from '../../../src/components/voice-agent/parts/Styles.js'
import { backupStyles } from '../../../src/components/voice-agent/styles/backup.js'
import { styles } from '../../../src/components/voice-agent/styles/index.js'
import { panelStyles } from '../../../src/components/voice-agent/styles/panels.js'
import { passkeyStyles } from '../../../src/components/voice-agent/styles/passkey.js'
import { shareStyles } from '../../../src/components/voice-agent/styles/share.js'

const views = [
  ['passkey', passkeyStyles, 'passkey', ''],
  ['share', shareStyles, 'shared', '<div data-rva-part="notice" data-tone="warning">Notice</div>'],
  ['backup', backupStyles, 'backup', '<div data-rva-part="notice" data-tone="warning">Notice</div>'],
] as const

const looksOf = (elements: Iterable<Element>) =>
  [...elements].map((element) => {
    const { backgroundColor, borderColor, color, display, margin, padding, flex, position, width } =
      getComputedStyle(element)
    return { backgroundColor, borderColor, color, display, margin, padding, flex, position, width }
  })

test.each(views)(
  'the %s view looks the same before and after an assistant mounts',
  (_name, sheet, part, notice) => {
    const host = document.body.appendChild(document.createElement('div'))
    const root = host.attachShadow({ mode: 'open' })
    root.innerHTML = `<div data-rva-part="${part}">
    <button data-rva-part="dialog-confirm" data-tone="accent">Confirm</button>
    <button data-rva-part="dialog-cancel">Cancel</button>
    ${notice}
  </div>`
    const view = root.firstElementChild as Element
    const looks = () => looksOf(root.querySelectorAll('*'))
    adoptSheet(view, sheet, true)
    const before = looks()
    adoptSheet(view, styles)
    expect(looks()).toEqual(before)
    adoptSheet(view, panelStyles)
    expect(root.adoptedStyleSheets).toHaveLength(3)
    expect(looks()).toEqual(before)
    expect(before[1]?.backgroundColor).not.toBe('rgba(0, 0, 0, 0)')
    host.remove()
  },
)

test.each(views)('an assistant looks the same after the %s view mounts beside it', (_name, sheet, part) => {
  const host = document.body.appendChild(document.createElement('div'))
  const root = host.attachShadow({ mode: 'open' })
  root.innerHTML = `<div data-rva-part="root">
    <button data-rva-part="primary">Start</button>
    <button data-rva-part="send"><svg data-rva-part="icon"></svg></button>
    <div data-rva-part="notice" data-tone="warning">Notice</div>
  </div><div data-rva-part="${part}"></div>`
  const [assistant, view] = root.children as unknown as [Element, Element]
  adoptSheet(assistant, styles)
  const looks = () => looksOf(assistant.querySelectorAll('*'))
  const before = looks()
  adoptSheet(view, sheet, true)
  expect(root.adoptedStyleSheets).toHaveLength(2)
  expect(looks()).toEqual(before)
  expect(before[0]?.backgroundColor).not.toBe('rgba(0, 0, 0, 0)')
  host.remove()
})
