import { WebRTCVoiceAssistant } from 'redux-voice-agent/react'
import { expect, onTestFinished, test, vi } from 'vitest'
import { userEvent } from 'vitest/browser'
import { preferSystem, readRegion } from './accessibility-tree.js'
import { find, mountAgent, pastMessages, render } from './support.js'

/** Returns the accessible name of the focused element. */
const focused = () => {
  const element = document.activeElement
  return element?.getAttribute('aria-label') ?? element?.textContent ?? ''
}

/** Presses Tab until the element with this name is focused. */
async function tabTo(name: string) {
  for (let stop = 0; stop < 20; stop++) {
    if (focused() === name) return
    await userEvent.keyboard('{Tab}')
  }
  throw new Error(`The keyboard does not reach ${name}.`)
}

function openPanel(messages = pastMessages(2)) {
  // A long delay, so that the call stays lost during the test.
  const app = mountAgent(messages, { reconnect: () => 60_000 })
  const view = render(app.inApp(<WebRTCVoiceAssistant title="Ask the shop" />))
  const connection = (state: string) => find(view.container, `[data-connection=${state}]`)
  return { ...app, ...view, connection }
}

/** Emits the start of a spoken answer. */
function answer({ transport }: ReturnType<typeof mountAgent>, turnId: string, text: string) {
  transport.emit({ type: 'assistantTurnStarted', turnId })
  transport.emit({ type: 'assistantSpeechStarted' })
  transport.emit({ type: 'assistantTextAppended', turnId, delta: text })
}

test('a whole call works by keyboard alone, and the focus is never lost', async () => {
  const panel = openPanel()
  const { container, transport, connection } = panel
  await find(container, 'article')
  const lost: string[] = []
  container.addEventListener('focusout', ({ relatedTarget, target }) => {
    if (relatedTarget === null && !(target as Element).isConnected) lost.push(String(target))
  })

  await tabTo('Continue conversation')
  await userEvent.keyboard('{Enter}')
  await connection('connected')
  transport.emit({ type: 'microphoneChanged', microphone: 'live' })
  expect(focused()).toBe('End conversation')

  await tabTo('Message')
  await userEvent.keyboard('Do you have a kettle?{Enter}')
  expect(transport.sent).toMatchObject([{ type: 'text', text: 'Do you have a kettle?' }])
  expect(focused()).toBe('Message')

  answer(panel, 'turn', 'Two of them.')
  await find(container, '[data-rva-part=interrupt]:not([aria-disabled])')
  // The answer does not take the focus.
  expect(focused()).toBe('Message')
  await tabTo('Interrupt the agent')
  await userEvent.keyboard(' ')
  expect(transport.sent).toHaveLength(2)
  transport.emit({ type: 'assistantTurnInterrupted', turnId: 'turn' })
  transport.emit({ type: 'assistantSpeechStopped' })
  await find(container, '[data-status=interrupted]')
  expect(focused()).toBe('Interrupt the agent')

  await userEvent.keyboard('{Shift>}{Tab}{/Shift}')
  expect(focused()).toBe('Microphone and speaker')
  await userEvent.keyboard('{Enter}')
  await find(container, '[data-rva-part=device-panel]')
  await userEvent.keyboard('{Escape}')
  await vi.waitFor(() => expect(container.querySelector('[data-rva-part=device-panel]')).toBeNull())
  expect(focused()).toBe('Microphone and speaker')

  await userEvent.keyboard('{Shift>}{Tab}{/Shift}')
  expect(focused()).toBe('Mute microphone')
  await userEvent.keyboard('{Escape}')
  await connection('connected')

  await tabTo('End conversation')
  await userEvent.keyboard('{Enter}')
  await connection('disconnected')
  expect(focused()).toBe('Continue conversation')
  expect(transport.open).toBe(0)

  await tabTo('Statistics')
  await userEvent.keyboard('{Enter}')
  await find(container, '[data-rva-part=statistics]')
  await userEvent.keyboard('{Enter}')
  await vi.waitFor(() => expect(container.querySelector('[data-rva-part=statistics]')).toBeNull())
  expect(focused()).toBe('Statistics')
  await tabTo('New conversation')
  await userEvent.keyboard('{Enter}')
  await vi.waitFor(() => expect(container.querySelectorAll('article')).toHaveLength(0))
  expect(focused()).toBe('Start conversation')
  expect(lost).toEqual([])
})

test('a screen reader can follow a whole call', async () => {
  const panel = openPanel([])
  const { container, transport, connection } = panel
  await find(container, '[data-connection=idle]')
  expect(await readRegion('Ask the shop')).toMatchInlineSnapshot(`
    [
      "region "Ask the shop"",
      "  sectionheader",
      "    heading "Ask the shop"",
      "    status "Connection"",
      "      text "Ready"",
      "    button "Statistics" (Statistics)",
      "    button "Conversations" (Conversations)",
      "    button "New conversation" disabled (New conversation)",
      "  log "Conversation"",
      "    text "Press Start and say hello."",
      "  form",
      "    textbox "Message" (Start or continue the conversation to send a message.)",
      "    button "Send" disabled (Start or continue the conversation to send a message.)",
      "    text "Start or continue the conversation to send a message."",
      "  group "Call"",
      "    button "Microphone and speaker" (Microphone and speaker)",
      "    button "Start conversation"",
    ]
  `)

  ;(await find<HTMLButtonElement>(container, '[data-rva-part=primary]')).click()
  await connection('connected')
  transport.emit({ type: 'microphoneChanged', microphone: 'live' })
  transport.emit({ type: 'userSpeechStarted' })
  transport.emit({ type: 'userTranscriptReceived', text: 'Do you have a kettle?', final: true })
  answer(panel, 'turn', 'Two of')
  await vi.waitFor(() => expect(container.textContent).toContain('Two of'))
  const timeless = async () =>
    (await readRegion('Ask the shop')).map((line) =>
      line.replace(/\d{1,2}:\d{2}(\s?[AP]M)?/, '<time>').replace(/\d+ s /, '<n> s '),
    )
  expect(await timeless()).toMatchInlineSnapshot(`
    [
      "region "Ask the shop"",
      "  sectionheader",
      "    heading "Ask the shop"",
      "    status "Connection"",
      "      text "Speaking"",
      "    timer",
      "      text "<time>"",
      "    button "Statistics" (Statistics)",
      "    button "Conversations" (Conversations)",
      "    button "New conversation" (New conversation)",
      "  log "Conversation"",
      "    article "You"",
      "      text "Do you have a kettle?"",
      "    time",
      "      text "<time>"",
      "    article "Agent"",
      "      text "Two of"",
      "    time",
      "      text "<time>"",
      "  form",
      "    textbox "Message"",
      "    button "Send" disabled (Send)",
      "  group "Call"",
      "    button "Mute microphone" (Mute microphone)",
      "    button "Microphone and speaker" (Microphone and speaker)",
      "    button "Interrupt the agent" (Interrupt the agent)",
      "    button "End conversation"",
      "  text "Connected."",
    ]
  `)

  transport.emit({ type: 'connectionState', state: 'failed' })
  await connection('reconnecting')
  await find(container, '[data-rva-part=notice]')
  await vi.waitFor(() => expect(container.textContent).toContain('Connection lost. Reconnecting.'))
  const trouble = (await timeless()).filter((line) => /live|alert|Reconnect|lost|Retry/.test(line))
  expect(trouble).toMatchInlineSnapshot(`
    [
      "      text "Reconnecting…"",
      "  text "Connection lost. Retrying in <n> s (attempt 1)."",
      "  button "Retry now"",
      "  text "Connection lost. Reconnecting."",
    ]
  `)
})

test.each([
  ['forced colours', { 'forced-colors': 'active' }],
  ['more contrast', { 'prefers-contrast': 'more' }],
] as const)('with %s, every control and message has a visible border or text', async (_, features) => {
  await preferSystem(features)
  onTestFinished(() => preferSystem())
  const { container, transport, connection } = openPanel()
  await find(container, 'article')
  ;(await find<HTMLButtonElement>(container, '[data-rva-part=primary]')).click()
  await connection('connected')
  transport.emit({ type: 'microphoneChanged', microphone: 'muted' })
  await find(container, '[data-rva-part=microphone][aria-pressed=true]')
  const background = getComputedStyle(await find(container, '[data-rva-part=root]')).backgroundColor
  for (const part of ['primary', 'microphone', 'composer-field']) {
    const { borderTopColor, borderTopWidth, borderTopStyle } = getComputedStyle(
      await find(container, `[data-rva-part=${part}]`),
    )
    expect(borderTopStyle, part).not.toBe('none')
    expect(Number.parseFloat(borderTopWidth), part).toBeGreaterThanOrEqual(1)
    expect(borderTopColor, part).not.toBe(background)
  }
  const bubble = getComputedStyle(await find(container, '[data-role=user] [data-rva-part=bubble]'))
  expect(bubble.color).not.toBe(bubble.backgroundColor)
  if ('forced-colors' in features) expect(bubble.borderTopColor).toBe(bubble.color)
})

test('with reduced motion, nothing is animated', async () => {
  await preferSystem({ 'prefers-reduced-motion': 'reduce' })
  onTestFinished(() => preferSystem())
  const panel = openPanel()
  const { container, connection } = panel
  ;(await find<HTMLButtonElement>(container, '[data-rva-part=primary]')).click()
  await connection('connected')
  answer(panel, 'turn', 'Two of')
  await find(container, '[data-kind=speaking] [data-rva-part=bars]')
  const moving = document
    .getAnimations()
    .filter(({ effect }) => (effect?.getComputedTiming().iterations ?? 0) > 1)
  expect(moving).toEqual([])
})

/** Doubles the size of all text. */
function enlargeText() {
  document.documentElement.style.fontSize = '200%'
  onTestFinished(() => void document.documentElement.style.removeProperty('font-size'))
}

test.each([
  ['Conversations', 'conversations'],
  ['Microphone and speaker', 'device-panel'],
  ['Statistics', 'statistics'],
])('the panel %s does not scroll sideways in 320 px with text of twice the size', async (name, part) => {
  enlargeText()
  const { container, connection } = openPanel()
  container.style.cssText = 'inline-size: 320px; block-size: 900px'
  ;(await find<HTMLButtonElement>(container, '[data-rva-part=primary]')).click()
  await connection('connected')
  ;(await find<HTMLButtonElement>(container, `button[aria-label="${name}"]`)).click()
  const panel = await find(container, `[data-rva-part=${part}]`)
  await vi.waitFor(() => expect(panel.querySelectorAll('button, select').length).toBeGreaterThan(0))
  const { left, right } = panel.getBoundingClientRect()
  for (const element of panel.querySelectorAll<HTMLElement>('*')) {
    if (element.closest('[data-rva-part=announcer], [data-rva-part=plot-name], svg, option, [hidden]'))
      continue
    const box = element.getBoundingClientRect()
    expect(box.left, element.outerHTML.slice(0, 120)).toBeGreaterThanOrEqual(left - 1)
    expect(box.right, element.outerHTML.slice(0, 120)).toBeLessThanOrEqual(right + 1)
  }
  expect(panel.scrollWidth).toBeLessThanOrEqual(panel.clientWidth)
})

test('with text at 200 % in 288 px, the buttons of the header share a row, and are large enough to touch', async () => {
  enlargeText()
  const { container } = openPanel()
  container.style.cssText = 'inline-size: 288px; block-size: 900px'
  const header = await find(container, '[data-rva-part=header-end]')
  const boxes = [...header.querySelectorAll('[data-rva-part=icon-button]')].map((button) =>
    button.getBoundingClientRect(),
  )
  expect(boxes.length).toBe(3)
  expect(new Set(boxes.map(({ top }) => top)).size).toBe(1)
  for (const { width, height } of boxes) expect(Math.min(width, height)).toBeGreaterThanOrEqual(44)
})

test('with text at 200 % in 320 px, nothing is cut off or scrolls sideways', async () => {
  enlargeText()
  const { container, transport, connection } = openPanel()
  container.style.cssText = 'inline-size: 320px; block-size: 900px'
  ;(await find<HTMLButtonElement>(container, '[data-rva-part=primary]')).click()
  await connection('connected')
  transport.emit({ type: 'microphoneChanged', microphone: 'denied' })
  await find(container, '[data-rva-part=notice]')
  for (const element of container.querySelectorAll<HTMLElement>('[data-rva-part]')) {
    if (element.closest('[data-rva-part=announcer], svg, time, [data-rva-part=hint]')) continue
    const { right, left, width } = element.getBoundingClientRect()
    if (width === 0) continue
    expect(right, element.outerHTML.slice(0, 120)).toBeLessThanOrEqual(321)
    expect(left, element.outerHTML.slice(0, 120)).toBeGreaterThanOrEqual(-1)
  }
})
