import { WebRTCVoiceAssistant } from 'redux-voice-agent/react'
import { expect, test, vi } from 'vitest'
import { userEvent } from 'vitest/browser'
import { type Place, places, renderIn } from './places.js'
import { find, mountAgent, painted, pastMessages } from './support.js'

async function open(place: Place = 'light DOM') {
  const app = mountAgent(pastMessages(40))
  const { container } = renderIn(place, app.inApp(<WebRTCVoiceAssistant />))
  const root = await find(container, '[data-rva-part=root]')
  root.style.blockSize = '480px'
  const viewport = await find(container, '[data-rva-part=viewport]')
  await app.voiceAgent.agent.connect()
  await painted()
  const toEnd = () => viewport.scrollHeight - viewport.clientHeight - viewport.scrollTop
  await vi.waitFor(() => expect(toEnd()).toBeLessThanOrEqual(1))
  const begin = (turnId: string) => app.transport.emit({ type: 'assistantTurnStarted', turnId })
  const say = async (turnId: string, delta: string) => {
    app.transport.emit({ type: 'assistantTextAppended', turnId, delta })
    await painted()
  }
  return { ...app, container, root, viewport, toEnd, begin, say }
}

test.each(places)(
  'in the %s, wheel steps of 4 px scroll away from the end while an answer streams',
  async (place) => {
    const { viewport, toEnd, begin, say } = await open(place)
    begin('turn')
    for (let step = 0; step < 6; step++) {
      viewport.scrollTop -= 4
      await painted()
      await say('turn', 'A few more words, which would follow the end. ')
    }
    expect(toEnd()).toBeGreaterThanOrEqual(20)
    expect(viewport.dataset.atEnd).toBe('false')
    viewport.scrollTop = viewport.scrollHeight
    await vi.waitFor(() => expect(viewport.dataset.atEnd).toBe('true'))
    await say('turn', 'And more words. '.repeat(20))
    expect(toEnd()).toBeLessThanOrEqual(1)
  },
)

test.each(['in the middle', 'at the end'])(
  'after being hidden and shown again %s, the transcript keeps its position',
  async (where) => {
    const { container, viewport, toEnd, begin, say } = await open()
    if (where === 'in the middle') {
      viewport.scrollTop -= 700
      await vi.waitFor(() => expect(viewport.dataset.atEnd).toBe('false'))
    }
    await painted()
    const top = viewport.scrollTop
    container.style.display = 'none'
    begin('turn')
    await say('turn', 'Words that come while it is hidden. '.repeat(10))
    container.style.display = ''
    await painted()
    await painted()
    if (where === 'at the end') expect(toEnd()).toBeLessThanOrEqual(1)
    else expect(Math.abs(viewport.scrollTop - top)).toBeLessThanOrEqual(1)
  },
)

test('a selection survives the words that follow it, even when the last ones are corrected', async () => {
  const { container, begin, say, transport } = await open()
  begin('turn')
  await say('turn', 'Two of our kettles are quiet; ')
  const text = await vi.waitFor(() => {
    const found = [...container.querySelectorAll('[data-rva-part=text]')].at(-1)
    expect(found?.textContent).toContain('Two of our kettles')
    return found as Element
  })
  getSelection()?.setBaseAndExtent(text.firstChild as Node, 4, text.firstChild as Node, 18)
  expect(String(getSelection())).toBe('of our kettles')
  for (const delta of ['the Fell \ud83d', '\ude00 takes ', 'three minutes.']) await say('turn', delta)
  expect(String(getSelection())).toBe('of our kettles')
  transport.emit({ type: 'assistantTextReplaced', turnId: 'turn', text: 'Two of our kettles are quiet.' })
  transport.emit({ type: 'assistantTurnCompleted', turnId: 'turn' })
  await vi.waitFor(() => expect(text.textContent).toBe('Two of our kettles are quiet.'))
  expect(String(getSelection())).toBe('of our kettles')
  getSelection()?.removeAllRanges()
})

test('a text that the user sends scrolls into view', async () => {
  const { viewport, toEnd, container } = await open()
  viewport.scrollTop = 0
  await vi.waitFor(() => expect(viewport.dataset.atEnd).toBe('false'))
  await userEvent.type(await find(container, 'textarea'), 'Is the Tarn there in green?{Enter}')
  await vi.waitFor(() => expect(container.textContent).toContain('Is the Tarn there in green?'))
  await vi.waitFor(() => expect(toEnd()).toBeLessThanOrEqual(1))
})

test('the jump-to-latest button shows the number of unseen messages', async () => {
  const { viewport, begin, say, container } = await open()
  viewport.scrollTop = 0
  const jump = await find(container, '[data-rva-part=jump]')
  expect(jump.getAttribute('aria-label')).toBe('Jump to latest')
  begin('turn')
  await say('turn', 'Yes.')
  await vi.waitFor(() => expect(jump.getAttribute('aria-label')).toBe('Jump to latest: 1 new message'))
  expect(getComputedStyle(jump, '::after').content).toBe('"1"')
})
