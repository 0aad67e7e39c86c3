import { WebRTCVoiceAssistant } from 'redux-voice-agent/react'
import { expect, test, vi } from 'vitest'
import { find, mountAgent, painted, render } from './support.js'

/** An assistant at phone width, with an answer in these deltas. */
async function answered(...deltas: string[]) {
  const page = mountAgent()
  const { container } = render(page.inApp(<WebRTCVoiceAssistant />))
  container.style.inlineSize = '360px'
  await page.voiceAgent.agent.connect()
  page.transport.emit({ type: 'assistantTurnStarted', turnId: 'a' })
  for (const delta of deltas) {
    page.transport.emit({ type: 'assistantTextAppended', turnId: 'a', delta })
    await painted()
  }
  page.transport.emit({ type: 'assistantTurnCompleted', turnId: 'a' })
  const bubble = await find(container, '[data-role=assistant][data-status=final] [data-rva-part=bubble]')
  const root = await find(container, '[data-rva-part=root]')
  const text = () => page.voiceAgent.selectors.selectMessages(page.store.getState()).at(-1)?.text
  return { bubble, root, text }
}

test('an emoji split across two deltas is rendered whole', async () => {
  const { bubble, text } = await answered('Fine \ud83d', '\ude00, thank you.')
  expect(text()).toBe('Fine 😀, thank you.')
  expect(bubble.textContent).toContain('😀')
})

test.each([
  ['a word', 'x'.repeat(5_000)],
  ['a link', `https://example.com/${'path/'.repeat(200)}`],
  ['a text with characters of no width', `\u200b\u200b${'مرحبا'.repeat(300)}`],
  ['a text of many pages', 'lorem ipsum dolor sit amet '.repeat(3_000)],
])('%s that is longer than the page makes nothing wider than the page', async (_what, words) => {
  const { bubble, root } = await answered(words)
  await vi.waitFor(() => expect(bubble.clientWidth).toBeGreaterThan(0))
  expect(bubble.scrollWidth).toBeLessThanOrEqual(bubble.clientWidth + 1)
  expect(root.scrollWidth).toBeLessThanOrEqual(root.clientWidth)
})

test.each([
  ['مرحبا بك في المتجر.', 'rtl'],
  ['Welcome to the shop.', 'ltr'],
])('"%s" is shown in its own direction', async (words, direction) => {
  const { bubble } = await answered(words)
  expect(getComputedStyle(bubble).direction).toBe(direction)
})
