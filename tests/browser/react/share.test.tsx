import { StrictMode } from 'react'
import { createSharing, openShare, previewShare } from 'redux-voice-agent/share'
import { SharedConversation, SharedMessages } from 'redux-voice-agent/share/react'
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { createScriptedShares, shareScripted, viewerUrl } from '../../../storybook/scripted-shares.js'
import { hostileTexts } from '../../support/hostile-texts.js'
import { find, pastMessages, recordConsole, render } from './support.js'

const bubbles = (container: HTMLElement) =>
  [...container.querySelectorAll('[data-rva-part=bubble]')].map(({ textContent }) => textContent)

const failure = (container: HTMLElement, code: string) => find(container, `[data-error=${code}]`)

/** Sets the value of a controlled field, like typing. */
function type(field: HTMLInputElement | HTMLTextAreaElement, value: string): void {
  Object.getOwnPropertyDescriptor(Object.getPrototypeOf(field), 'value')?.set?.call(field, value)
  field.dispatchEvent(new Event('input', { bubbles: true }))
}

/** Follows a link within the page. Resolves after all listeners have seen it. */
async function changeFragment(fragment: string): Promise<void> {
  const isDone = new Promise((resolve) => addEventListener('hashchange', resolve, { once: true }))
  location.hash = fragment
  await isDone
}

test('shows the messages of the link in the address bar, and removes its fragment, even in StrictMode', async () => {
  const { server, link } = await shareScripted(pastMessages(3))
  const before = location.href
  history.replaceState({ kept: 1 }, '', `${location.pathname}${location.search}${new URL(link).hash}`)
  try {
    const { container } = render(
      <StrictMode>
        <SharedConversation server={server} />
      </StrictMode>,
    )
    await find(container, '[data-rva-part=turn]')
    expect(bubbles(container)).toEqual(pastMessages(3).map(({ text }) => text))
    expect(location.hash).toBe('')
    expect(history.state).toEqual({ kept: 1 })
    // Another link in the same tab.
    const other = await createSharing({ server, viewerUrl }).share(
      previewShare({ messages: pastMessages(1) }),
    )
    location.hash = new URL(other.link).hash
    await vi.waitFor(() => expect(bubbles(container)).toHaveLength(1))
    expect(location.hash).toBe('')
    // A link within the page, a route and a setting leave the share open.
    container.id = 'main'
    for (const fragment of ['#main', '#top', '#/orders/550e8400-e29b-41d4-a716-446655440000', '#tab=2']) {
      await changeFragment(fragment)
      expect(location.hash).toBe(fragment)
      expect(bubbles(container)).toHaveLength(1)
    }
  } finally {
    history.replaceState(null, '', before)
  }
})

const [id, key] = ['A'.repeat(22), 'B'.repeat(43)]

describe.each([
  ['cut before the key', `#${id}`, 'share-missing'],
  ['cut within the key', `#${id}.${key.slice(9)}`, 'share-link-invalid'],
  ['cut within the id', `#${id.slice(9)}`, 'share-link-invalid'],
  ['without the beginning of its id', `#${id.slice(9)}.${key}`, 'share-link-invalid'],
  ['without its id', `#.${key}`, 'share-link-invalid'],
  ['with its key alone', `#${key}`, 'share-link-invalid'],
  ['with half of its key alone', `#${key.slice(21)}`, 'share-link-invalid'],
  ['with an encoded dot', `#${id}%2E${key}`, 'share-link-invalid'],
  ['in parentheses', `#(${id}.${key})`, 'share-link-invalid'],
  ['after a space', `#%20${id}.${key}`, 'share-link-invalid'],
  ['with a second fragment', `#${id}.${key}#${key}`, 'share-link-invalid'],
  ['with a parameter', `#${id}.${key}?utm_source=mail`, 'share-link-invalid'],
  ['whose encoding is broken', `#%${key}`, 'share-link-invalid'],
])('a link %s', (_, fragment, code) => {
  const before = location.href
  /** URLs of this page's history, which extensions and a synchronized history could read. */
  const urls = () =>
    (globalThis as unknown as { navigation: { entries(): { url: string }[] } }).navigation
      .entries()
      .map(({ url }) => url)

  afterEach(() => history.replaceState(null, '', before))

  test('is removed from the address bar and the history, and the viewer says what is wrong', async () => {
    const { server } = createScriptedShares()
    history.replaceState({ kept: 1 }, '', fragment)
    const { container } = render(<SharedConversation server={server} />)
    await failure(container, code)
    expect(location.hash).toBe('')
    expect(history.state).toEqual({ kept: 1 })
    expect(urls().filter((url) => url.includes(fragment))).toEqual([])
  })

  test('is removed too if it is opened in a tab that shows a share', async () => {
    const { server, link } = await shareScripted(pastMessages(1))
    history.replaceState(null, '', new URL(link).hash)
    const { container } = render(<SharedConversation server={server} />)
    await find(container, '[data-rva-part=turn]')
    await changeFragment(fragment)
    await failure(container, code)
    expect(location.hash).toBe('')
    expect(urls().filter((url) => url.includes(fragment))).toEqual([])
    expect(container.textContent).not.toContain('Message 0')
  })
})

test("has no button except Jump to latest, and doesn't ask for the microphone", async () => {
  const ask = vi.spyOn(navigator.mediaDevices, 'getUserMedia')
  const { server, link } = await shareScripted(pastMessages(200))
  const { container } = render(<SharedConversation server={server} link={link} />)
  container.style.blockSize = '500px'
  await find(container, '[data-rva-part=turn]')
  const parts = [...container.querySelectorAll<HTMLElement>('button')].map(({ dataset }) => dataset.rvaPart)
  expect(parts.filter((part) => part !== 'jump')).toEqual([])
  expect(container.querySelectorAll('textarea, input')).toHaveLength(0)
  await vi.waitFor(() => expect(container.textContent).toContain('Message 199'))
  expect(ask).not.toHaveBeenCalled()
  ask.mockRestore()
})

test('reports a revoked share with the next request, and removes its messages from the page', async () => {
  const { server, link, fails } = await shareScripted(pastMessages(2))
  const { container } = render(<SharedConversation server={server} link={link} refreshMs={50} />)
  await find(container, '[data-rva-part=turn]')
  fails.code = 'share-revoked'
  await failure(container, 'share-revoked')
  expect(bubbles(container)).toEqual([])
  expect(container.textContent).not.toContain('Message 0')
})

test('keeps the messages while the server is unreachable, and opens after a retry', async () => {
  const { server, link, fails } = await shareScripted(pastMessages(2), { role: 'comment' })
  fails.code = 'share-unreachable'
  const { container } = render(<SharedConversation server={server} link={link} refreshMs={50} />)
  const again = await find<HTMLButtonElement>(container, '[data-error=share-unreachable] button')
  fails.code = null
  again.click()
  await find(container, '[data-rva-part=turn]')
  fails.code = 'share-unreachable'
  await find(container, '[data-rva-part=notice]')
  expect(bubbles(container)).toHaveLength(2)
  // Another reader's comment arrives with the next request.
  fails.code = null
  await (await openShare({ link, server })).comment('Hello', 'Ada')
  await vi.waitFor(() =>
    expect(container.querySelector('[data-rva-part=comment]')?.textContent).toContain('Hello'),
  )
  expect(container.querySelector('[data-rva-part=notice]')).toBeNull()
})

test('adds a comment once, and keeps the text if it was not stored', async () => {
  const { server, link, fails } = await shareScripted(pastMessages(2), { role: 'comment' })
  const { container } = render(<SharedConversation server={server} link={link} />)
  const field = await find<HTMLTextAreaElement>(container, 'textarea')
  const send = await find<HTMLButtonElement>(container, '[data-rva-part=comment-form] button')
  type(field, 'Fine')
  fails.code = 'share-full'
  await vi.waitFor(() => expect(send.getAttribute('aria-disabled')).toBeNull())
  send.click()
  await find(container, '[data-rva-part=notice]')
  expect(field.value).toBe('Fine')
  await vi.waitFor(() => expect(send.getAttribute('aria-busy')).toBeNull())
  fails.code = null
  send.click()
  send.click()
  await find(container, '[data-rva-part=comment]')
  await vi.waitFor(() => expect(field.value).toBe(''))
  expect((await openShare({ link, server })).comments.map(({ text }) => text)).toEqual(['Fine'])
})

test('keeps what the user types while a comment is being sent', async () => {
  const { server, link } = await shareScripted(pastMessages(1), { role: 'comment' })
  const { addComment } = server
  let store = () => {}
  server.addComment = async (...args) => {
    await new Promise<void>((resolve) => {
      store = resolve
    })
    return addComment(...args)
  }
  const { container } = render(<SharedConversation server={server} link={link} />)
  const field = await find<HTMLTextAreaElement>(container, 'textarea')
  const send = await find<HTMLButtonElement>(container, '[data-rva-part=comment-form] button')
  type(field, 'First')
  await vi.waitFor(() => expect(send.getAttribute('aria-disabled')).toBeNull())
  send.click()
  await vi.waitFor(() => expect(send.getAttribute('aria-busy')).toBe('true'))
  type(field, 'First, and more')
  store()
  await find(container, '[data-rva-part=comment]')
  await vi.waitFor(() => expect(send.getAttribute('aria-busy')).toBeNull())
  expect(field.value).toBe('First, and more')
})

test('counts damaged comments, and does not claim that there are none', async () => {
  const { server, link } = await shareScripted(pastMessages(1), { role: 'comment' })
  server.listComments = async () => [{ id: 'x', data: 'x' }]
  const { container } = render(<SharedConversation server={server} link={link} />)
  await find(container, '[data-rva-part=comments-note]')
  const notes = [...container.querySelectorAll('p[data-rva-part=comments-note]')]
  expect(notes.map(({ textContent }) => textContent)).toEqual(["1 comment can't be shown."])
})

test('sets no timer for an infinite time between requests', async () => {
  const { server, link } = await shareScripted(pastMessages(1))
  const delays = vi.spyOn(globalThis, 'setInterval')
  const { container } = render(
    <SharedConversation server={server} link={link} refreshMs={Number.POSITIVE_INFINITY} />,
  )
  await find(container, '[data-rva-part=turn]')
  // A browser treats a longer delay as 0.
  await vi.waitFor(() => expect(delays.mock.calls.map(([, delay]) => delay)).toContain(2 ** 31 - 1))
  delays.mockRestore()
})

test('shows hostile text in any field as text: no extra elements, and nothing runs', async () => {
  const logged = recordConsole()
  const structure = async (text: string) => {
    const { server, link } = await shareScripted(
      [
        { id: 'a', role: 'user', text, status: 'final', createdAt: 1 },
        { id: 'b', role: 'assistant', text, status: 'interrupted', createdAt: 2 },
        {
          id: 'c',
          role: 'tool',
          text: '',
          status: 'final',
          createdAt: 3,
          tool: { name: text, arguments: { [text]: text }, status: 'failed', error: text },
        },
      ],
      { role: 'comment', title: text, comments: [[text, text.slice(0, 100)]] },
    )
    const { container, unmount } = render(<SharedConversation server={server} link={link} />)
    await find(container, '[data-rva-part=comment]')
    const found = [...container.querySelectorAll('*:not([data-rva-part=jump], [data-rva-part=jump] *)')].map(
      ({ tagName, attributes }) => `${tagName} ${[...attributes].map(({ name }) => name).join()}`,
    )
    const shown = bubbles(container)[0]
    unmount()
    return { found, shown }
  }
  const plain = await structure('plain text')
  for (const text of hostileTexts.filter((one) => one.trim() !== '' && one.length < 4_000)) {
    const { found, shown } = await structure(text)
    expect(found, text).toEqual(plain.found)
    expect(shown?.replaceAll(/[\r\n]+/g, '\n')).toBe(text.replaceAll(/[\r\n]+/g, '\n'))
  }
  expect((globalThis as { hostile?: number }).hostile).toBeUndefined()
  expect(logged).toEqual([])
})

test('shows a preview in the same transcript, and updates it when it changes', async () => {
  const { container, render: again } = render(<SharedMessages messages={pastMessages(2)} />)
  await vi.waitFor(() => expect(bubbles(container)).toHaveLength(2))
  again(<SharedMessages messages={pastMessages(5)} />)
  await vi.waitFor(() => expect(bubbles(container)).toHaveLength(5))
})

test('cuts off no word of a failure in 320 px with text of twice the size', async () => {
  document.documentElement.style.fontSize = '200%'
  onTestFinished(() => void document.documentElement.style.removeProperty('font-size'))
  const { server } = createScriptedShares()
  const { container } = render(<SharedConversation server={server} link="" />)
  container.style.inlineSize = '230px'
  const { parentElement: share } = await failure(container, 'share-locked')
  expect(share?.scrollWidth).toBeLessThanOrEqual(share?.clientWidth ?? 0)
})

test('explains what is wrong with a link', async () => {
  const { server } = createScriptedShares()
  const { container, render: again } = render(<SharedConversation server={server} link="" />)
  await failure(container, 'share-locked')
  again(<SharedConversation server={server} link={`#${'A'.repeat(22)}.x`} />)
  await failure(container, 'share-link-invalid')
  again(<SharedConversation server={server} link={`#${'A'.repeat(22)}.${'A'.repeat(43)}`} />)
  await failure(container, 'share-missing')
})
