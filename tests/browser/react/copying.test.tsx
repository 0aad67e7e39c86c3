import { preloadVoiceAssistant, WebRTCVoiceAssistant } from 'redux-voice-agent/react'
import { beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import { userEvent } from 'vitest/browser'
import { emulatePaper, emulateTouch } from './accessibility-tree.js'
import { type Place, places, renderIn } from './places.js'
import { find, mountAgent, painted, pastMessages } from './support.js'

beforeAll(() => preloadVoiceAssistant())

async function open(count: number, place: Place = 'light DOM') {
  const app = mountAgent(pastMessages(count))
  const { container } = renderIn(place, app.inApp(<WebRTCVoiceAssistant />))
  container.style.blockSize = '480px'
  await find(container, 'article')
  const viewport = await find(container, '[data-rva-part=viewport]')
  return { ...app, container, viewport }
}

/** Selects from a position in one turn to a position in another. Returns the copied text. */
async function copy(viewport: HTMLElement, [from, at]: [number, number], [to, until]: [number, number]) {
  const view = viewport.ownerDocument.defaultView as Window & typeof globalThis
  const words = [...viewport.querySelectorAll('[data-rva-part=text]')].map(({ firstChild }) => firstChild)
  viewport.focus()
  view.getSelection()?.setBaseAndExtent(words.at(from) as Node, at, words.at(to) as Node, until)
  let copied: string | null = null
  const onCopy = (event: ClipboardEvent) => {
    // If no listener sets the text, the browser copies the selection.
    copied = event.defaultPrevented ? (event.clipboardData?.getData('text/plain') ?? '') : 'the selection'
  }
  view.addEventListener('copy', onCopy)
  await userEvent.keyboard('{Control>}c{/Control}')
  await vi.waitFor(() => expect(copied).not.toBeNull())
  view.removeEventListener('copy', onCopy)
  return copied
}

const time = (at: number) =>
  new Intl.DateTimeFormat(navigator.languages[0], { hour: 'numeric', minute: '2-digit' }).format(at)

test.each(places)('in the %s, copying several turns includes speakers and times', async (place) => {
  const { viewport } = await open(3, place)
  const [first, second, third] = pastMessages(3)
  expect(await copy(viewport, [0, 8], [2, 9])).toBe(
    [
      `You, ${time(first?.createdAt ?? 0)}\n${first?.text.slice(8)}`,
      `Agent, ${time(second?.createdAt ?? 0)}\n${second?.text}`,
      `You, ${time(third?.createdAt ?? 0)}\n${third?.text.slice(0, 9)}`,
    ].join('\n\n'),
  )
  expect(await copy(viewport, [1, 2], [1, 9])).toBe('the selection')
})

test('printing shows the whole conversation, with speakers and times, without controls', async () => {
  onTestFinished(() => emulatePaper(false))
  const { container, viewport } = await open(400)
  await emulatePaper(true)
  await painted()
  const root = await find(container, '[data-rva-part=root]')
  expect(viewport.scrollHeight).toBe(viewport.clientHeight)
  expect(root.getBoundingClientRect().height).toBeGreaterThan(400 * 20)
  // The first paint has only the newest messages.
  await vi.waitFor(() => expect(root.textContent).toContain('Message 0: '))
  expect(root.querySelector('[data-rva-part=dock]')?.checkVisibility()).toBe(false)
  const article = await find(container, 'article')
  expect(getComputedStyle(article, '::before').content).toMatch(/"(You|Agent)"/)
  for (const shown of container.querySelectorAll('time')) expect(getComputedStyle(shown).opacity).toBe('1')
})

test('find in page reaches messages before they are rendered, and renders them at the match', async () => {
  // The browser is never idle.
  const idle = vi.spyOn(globalThis, 'requestIdleCallback').mockReturnValue(1)
  onTestFinished(() => idle.mockRestore())
  const { container, viewport } = await open(1000)
  const early = await vi.waitFor(() => {
    const found = [...viewport.querySelectorAll('[data-rva-part=chunk-text]')].find(({ textContent }) =>
      textContent?.includes('Message 3: '),
    )
    expect(found?.getAttribute('hidden')).toBe('until-found')
    return found as Element
  }, 10_000)
  expect(viewport.querySelectorAll('article').length).toBeLessThan(500)
  // The browser reveals a link target like a find-in-page match.
  early.id = 'early'
  onTestFinished(() => history.replaceState(null, '', location.pathname + location.search))
  location.hash = 'early'
  await vi.waitFor(() => expect(early.isConnected).toBe(false))
  expect(container.textContent).toContain('Message 3: ')
})

test('times are reachable by keyboard and by touch', async () => {
  onTestFinished(() => emulateTouch(false))
  const { container, viewport } = await open(3)
  const last = [...container.querySelectorAll('time')].at(-1) as HTMLElement
  const opacity = () => getComputedStyle(last).opacity
  expect(last.dataset.shown).toBeUndefined()
  // The pointer may rest on the message since an earlier test, which shows the time.
  await userEvent.hover(await find(container, '[data-rva-part=composer]'))
  await vi.waitFor(() => expect(opacity()).toBe('0'))
  await userEvent.tab()
  while (document.activeElement !== viewport) await userEvent.tab()
  await vi.waitFor(() => expect(opacity()).toBe('1'))
  viewport.blur()
  await vi.waitFor(() => expect(opacity()).toBe('0'))
  await emulateTouch(true)
  await vi.waitFor(() => expect(opacity()).toBe('1'))
})
