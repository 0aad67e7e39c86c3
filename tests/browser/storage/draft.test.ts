import { expect, onTestFinished, test, vi } from 'vitest'
import { isWebKit } from './engine.js'
import { openPage, openTab, openTalkingTab } from './voice-app.js'

const inNewDatabase = (rest: { debounceMs?: number; maxWaitMs?: number } = {}) => ({
  databaseName: `test-${crypto.randomUUID()}`,
  ...rest,
})

type Page = ReturnType<typeof openPage>

/** The next page of the same tab. */
async function reload(before: Pick<Page, 'voiceAgent'> & { databaseName: string }, rest = {}) {
  window.dispatchEvent(new Event('pagehide'))
  await before.voiceAgent.dispose()
  const page = openPage({ databaseName: before.databaseName, ...rest })
  await page.sessionManager.initialize()
  return { ...page, databaseName: before.databaseName }
}

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/** Plaintexts encrypted from now on. */
function recordEncrypted() {
  const encrypt = vi.spyOn(crypto.subtle, 'encrypt')
  onTestFinished(() => encrypt.mockRestore())
  return () => encrypt.mock.calls.map(([, , bytes]) => new TextDecoder().decode(bytes as Uint8Array))
}

test('a draft is saved without any page event, and restored by every later page', async () => {
  const first = await openTalkingTab(inNewDatabase())
  first.agent.setDraft('My order number is 4711 and')
  const second = await reload(first)
  expect(second.agent.draft).toBe('My order number is 4711 and')
  expect(second.texts()).toEqual(['before'])

  // Saved after its debounce, without any page event.
  second.agent.setDraft('My order number is 4712')
  await vi.waitFor(() => expect(second.state().session.lastSavedAt).not.toBeNull())
  const { revision } = second.state().session
  await second.persistor.flush()
  expect(second.state().session.revision).toBe(revision)
  const third = await reload(second)
  expect(third.agent.draft).toBe('My order number is 4712')
  const fourth = await reload(third)
  expect(fourth.agent.draft).toBe('My order number is 4712')
})

test('a draft that was sent or cleared does not return', async () => {
  const first = await openTalkingTab(inNewDatabase())
  first.agent.setDraft('sent')
  await first.persistor.flush()
  first.agent.sendText('sent')
  const second = await reload(first)
  expect([second.texts(), second.agent.draft]).toEqual([['before', 'sent'], ''])
  second.agent.setDraft('written, and deleted')
  await second.persistor.flush()
  second.agent.setDraft('')
  const third = await reload(second)
  expect(third.agent.draft).toBe('')
})

test('typing encrypts only the head, at most ten times a second, and at most the start of a megabyte', async () => {
  const page = await openTalkingTab(inNewDatabase({ debounceMs: 60_000, maxWaitMs: 60_000 }))
  for (let count = 0; count < 200; count++) page.agent.sendText(`Message ${count} about kettles`)
  await page.persistor.flush()
  const encrypted = recordEncrypted()
  const heads = () => encrypted().filter((text) => text.includes('"head"'))
  const start = performance.now()
  for (let length = 1; length <= 40; length++) {
    page.agent.setDraft('a quokka swims'.repeat(3).slice(0, length))
    await wait(10)
  }
  await vi.waitFor(() => expect(heads().at(-1)).toContain('a quokka swimsa quokka swimsa quokka swi'))
  expect(heads().length).toBeLessThanOrEqual((performance.now() - start) / 100 + 2)
  expect(encrypted().join()).not.toContain('about kettles')

  page.agent.setDraft('x'.repeat(1_000_000))
  await page.persistor.flush()
  expect(page.agent.draft).toHaveLength(1_000_000)
  expect(heads().at(-1)?.length).toBeLessThan(70_000)
  const next = await reload({ ...page, databaseName: page.databaseName })
  expect(next.agent.draft).toBe('x'.repeat(65_536))
})

test('each session has its own draft, and a reset leaves none', async () => {
  const page = await openTalkingTab(inNewDatabase())
  page.agent.setDraft('for the first')
  await page.agent.newSession()
  expect(page.agent.draft).toBe('')
  await page.agent.connect()
  page.agent.setDraft('for the second')
  const second = page.state().session.id ?? ''
  await page.sessionManager.restoreSession(page.id, { reconnect: false })
  expect(page.agent.draft).toBe('for the first')
  await page.sessionManager.restoreSession(second, { reconnect: false })
  expect(page.agent.draft).toBe('for the second')

  await page.agent.reset()
  expect(page.agent.draft).toBe('')
  const next = await reload(page)
  expect(next.agent.draft).toBe('')
})

test('a draft typed before there is a session is saved with the session of the first call', async () => {
  const { databaseName } = inNewDatabase()
  const page = openTab({ databaseName })
  await page.sessionManager.initialize()
  page.agent.setDraft('typed before Start')
  await page.agent.connect()
  const next = await reload({ ...page, databaseName })
  expect(next.agent.draft).toBe('typed before Start')
})

test('text typed while the page restores its session is appended to the stored draft', async () => {
  const first = await openTalkingTab(inNewDatabase())
  first.agent.setDraft('stored')
  window.dispatchEvent(new Event('pagehide'))
  await first.voiceAgent.dispose()
  // Without a call, only the draft is a reason to save.
  const page = openPage({ databaseName: first.databaseName, autoReconnect: 'never' })
  page.agent.setDraft('typed meanwhile')
  await page.sessionManager.initialize()
  expect(page.agent.draft).toBe('stored\ntyped meanwhile')
  const { lastSavedAt } = page.state().session
  await vi.waitFor(() => expect(page.state().session.lastSavedAt).not.toBe(lastSavedAt))
  const next = await reload({ ...page, databaseName: first.databaseName })
  expect(next.agent.draft).toBe('stored\ntyped meanwhile')
})

test.skipIf(isWebKit)(
  'words that the user was saying return as a partial message, and a later final of that turn replaces it',
  async () => {
    const first = await openTalkingTab(inNewDatabase())
    first.transport.emit({ type: 'userSpeechStarted' })
    first.transport.emit({ type: 'userTranscriptReceived', text: 'I would like the', final: false })
    await vi.waitFor(() => expect(first.texts()).toEqual(['before', 'I would like the']))
    const second = await reload(first)
    const last = () => second.state().conversation.messages.tail.at(-1)
    expect(last()).toMatchObject({ role: 'user', text: 'I would like the', status: 'interrupted' })

    const third = await reload(second)
    expect(third.texts()).toEqual(['before', 'I would like the'])
    const final = { type: 'userTranscriptReceived', text: 'I would like the blue one.', final: true } as const
    third.transport.emit(final)
    await vi.waitFor(() => expect(third.texts()).toEqual(['before', final.text]))
    const fourth = await reload(third)
    expect(fourth.texts()).toEqual(['before', final.text])
  },
)

test('a session whose head has no draft, as earlier versions stored it, is restored without one', async () => {
  const first = await openTalkingTab(inNewDatabase())
  const encrypted = recordEncrypted()
  first.agent.sendText('second')
  await first.persistor.flush()
  const heads = encrypted().filter((text) => text.includes('"head"'))
  expect(heads.length).toBeGreaterThan(0)
  for (const head of heads) expect(head).not.toMatch(/"draft"/)
  const next = await reload(first)
  expect([next.texts(), next.agent.draft]).toEqual([['before', 'second'], ''])
})

test('setDraft rejects anything but a string, and keeps the draft', async () => {
  const page = await openTalkingTab(inNewDatabase())
  page.agent.setDraft('kept')
  for (const value of [null, undefined, 7, { text: 'x' }])
    expect(() => page.agent.setDraft(value as never)).toThrow(
      expect.objectContaining({ code: 'invalid-option' }),
    )
  expect(page.agent.draft).toBe('kept')
})
