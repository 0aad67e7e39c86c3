import { preloadVoiceAssistant, WebRTCVoiceAssistant } from 'redux-voice-agent/react'
import { beforeAll, beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import { find, mountAgent, painted, pastMessages, render } from './support.js'

beforeAll(() => preloadVoiceAssistant())

/** Uses real IndexedDB and WebCrypto; only the agent is scripted. */
let databaseName: string
beforeEach(() => {
  databaseName = `actions-${crypto.randomUUID()}`
  sessionStorage.clear()
})

const openTab = () =>
  mountAgent([], {
    persistence: { databaseName, debounceMs: 5 },
    refreshToken: async (request) => ({
      token: 'token',
      expiresAt: Date.now() + 3_600_000,
      sessionId: request?.sessionId ?? 'long',
    }),
  })

/** Stores a conversation with many turns and restores the last ones, as a reload does. */
async function openLong(turns: number) {
  const before = openTab()
  await before.voiceAgent.sessionManager.initialize()
  await before.voiceAgent.agent.connect()
  for (let turn = 0; turn < turns; turn++)
    before.transport.emit({ type: 'userTranscriptReceived', text: `Question ${turn}`, final: true })
  await before.voiceAgent.persistor.flush()
  await before.voiceAgent.dispose()
  const after = openTab()
  await after.voiceAgent.sessionManager.initialize()
  await after.voiceAgent.sessionManager.restoreSession('long', { reconnect: false })
  return after
}

async function openList({ inApp }: ReturnType<typeof mountAgent>, part = 'text-actions') {
  const { container } = render(inApp(<WebRTCVoiceAssistant title="Ask the shop" />))
  container.style.cssText = 'block-size: 640px; inline-size: 400px'
  await userEvent.click(page.getByRole('button', { name: 'Conversations' }))
  await find(container, `[data-rva-part=${part}]`)
  return container
}

const press = (name: string) => userEvent.click(page.getByRole('button', { name, exact: true }))

test('Copy text copies the whole conversation, including what is not loaded, with speakers, times and days', async () => {
  const app = await openLong(200)
  expect(app.store.getState().voiceAgent.conversation.firstLoadedIndex).toBeGreaterThan(0)
  const container = await openList(app)
  const write = vi.spyOn(navigator.clipboard, 'write').mockImplementation(async () => {})
  onTestFinished(() => write.mockRestore())
  await press('Copy text')
  await vi.waitFor(() => expect(write).toHaveBeenCalledOnce())
  const blob = await write.mock.calls[0]?.[0][0]?.getType('text/plain')
  const lines = ((await blob?.text()) ?? '').split('\n\n')
  expect(lines).toHaveLength(201)
  expect(lines[0]).toMatch(new RegExp(`${new Date().getFullYear()}$`))
  expect(lines[1]).toMatch(/^You, \d{1,2}:\d{2}.*\nQuestion 0$/)
  expect(lines.at(-1)).toMatch(/Question 199\n$/)
  await vi.waitFor(() => expect(container.querySelector('p[role=status]')?.textContent).toMatch(/copied/))
})

test('Save text downloads it, and Print prints it without the page around it', async () => {
  const app = mountAgent(pastMessages(3))
  await openList(app)
  const blobs: Blob[] = []
  const create = vi.spyOn(URL, 'createObjectURL').mockImplementation((blob) => {
    blobs.push(blob as Blob)
    return 'blob:none'
  })
  const names: string[] = []
  const click = vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(function (
    this: HTMLAnchorElement,
  ) {
    names.push(this.download)
  })
  onTestFinished(() => {
    create.mockRestore()
    click.mockRestore()
  })
  await press('Save text')
  await vi.waitFor(() => expect(names).toEqual([expect.stringMatching(/^conversation-[\d-]+\.txt$/)]))
  const text = await blobs[0]?.text()
  for (const message of pastMessages(3)) expect(text).toContain(message.text)

  let printed = ''
  const observer = new MutationObserver(() => {
    const frame = document.querySelector<HTMLIFrameElement>('iframe[data-rva-part=print]')
    if (!frame?.contentWindow || printed !== '') return
    // The mutation is observed after the frame was filled and printed.
    printed = frame.contentDocument?.body.innerText ?? ''
    frame.contentWindow.dispatchEvent(new Event('afterprint'))
  })
  observer.observe(document.body, { childList: true })
  onTestFinished(() => observer.disconnect())
  await press('Print')
  await vi.waitFor(() => expect(printed).toContain('Ask the shop'))
  for (const message of pastMessages(3)) expect(printed).toContain(message.text)
  await vi.waitFor(() => expect(document.querySelector('iframe[data-rva-part=print]')).toBeNull())
})

test('a search finds messages in all conversations, loaded or not, and opens one at its position', async () => {
  const app = await openLong(200)
  await app.voiceAgent.agent.newSession()
  const container = await openList(app, 'dialog-input')
  const field = page.getByRole('searchbox', { name: 'Search all conversations' })
  await userEvent.fill(field, 'QUESTION 3')
  const status = () => container.querySelector('[data-rva-part=conversations] p[role=status]:last-of-type')
  await vi.waitFor(() => expect(status()?.textContent).toBe('11 messages'))
  const results = [...container.querySelectorAll<HTMLElement>('li [data-rva-part=conversation-open]')]
  expect(results.map((one) => one.firstElementChild?.textContent)).toEqual(
    [39, 38, 37, 36, 35, 34, 33, 32, 31, 30, 3].map((turn) => `Question ${turn}`),
  )
  results.at(-1)?.click()
  await vi.waitFor(() =>
    expect(document.activeElement?.querySelector('[data-rva-part=text]')?.textContent).toBe('Question 3'),
  )
  const viewport = await find(container, '[data-rva-part=viewport]')
  await vi.waitFor(() => expect(viewport.dataset.atEnd).toBe('false'))
  await painted()
  const [inner, outer] = [document.activeElement, viewport].map((one) => one?.getBoundingClientRect())
  expect(inner?.top).toBeGreaterThanOrEqual(outer?.top ?? 0)
  expect(inner?.bottom).toBeLessThanOrEqual(outer?.bottom ?? 0)
  expect(viewport.dataset.atEnd).toBe('false')
  expect(app.transport.open).toBe(0)
})

test('Escape clears the search first, and then closes the list', async () => {
  const app = mountAgent(pastMessages(2))
  const container = await openList(app)
  const field = page.getByRole('searchbox')
  await userEvent.fill(field, 'kettle')
  await vi.waitFor(() => expect(container.querySelector('[data-rva-part=text-actions]')).toBeNull())
  await userEvent.keyboard('{Escape}')
  await expect.element(field).toHaveValue('')
  await userEvent.keyboard('{Escape}')
  await vi.waitFor(() => expect(container.querySelector('[data-rva-part=conversations]')).toBeNull())
})

test('an unreadable conversation is reported, and nothing is copied', async () => {
  const app = await openLong(200)
  const container = await openList(app)
  const write = vi.spyOn(navigator.clipboard, 'write')
  const load = vi.spyOn(app.voiceAgent.agent, 'loadEarlierMessages').mockResolvedValue()
  onTestFinished(() => {
    write.mockRestore()
    load.mockRestore()
  })
  await press('Copy text')
  await vi.waitFor(() =>
    expect(container.querySelector('p[role=status]')?.textContent).toMatch(/can't be read or copied/),
  )
})
