import { expect, onTestFinished, test, vi } from 'vitest'
import { createAgentServer, openOwner, openTab, shownBy, type Tab } from './tabs.js'

const follows = (tab: Tab) => vi.waitUntil(() => tab.status() === 'live')
const same = (tab: Tab, owner: Tab) => vi.waitFor(() => expect(shownBy(tab)).toEqual(shownBy(owner)))

test("a mirror shows the owner's state live, and stores none of it", async () => {
  const { owner, id, server, ...shared } = await openOwner()
  const tab = await openTab('mirror', { ...shared, server })
  await tab.mirror.follow(id)
  expect(tab.status()).toBe('live')
  expect(owner.mirror.mirrors).toBe(1)
  expect(tab.texts()).toEqual(['before'])

  server.emit({ type: 'userTranscriptReceived', text: 'spoken', final: true })
  server.begin('t1', 'An answer')
  server.emit({ type: 'microphoneChanged', microphone: 'live' })
  owner.agent.mute()
  await same(tab, owner)
  expect(tab.state().conversation.messages.tail.at(-1)?.status).toBe('streaming')
  server.end('t1')
  await same(tab, owner)

  await tab.voiceAgent.persistor.flush()
  expect(tab.state().session).toMatchObject({ id, error: null })
  expect(server.connections).toHaveLength(1)
})

test('restoreSession follows a session that another tab has open', async () => {
  const { id, server, ...shared } = await openOwner()
  const tab = await openTab('mirror', { ...shared, server })
  expect(await tab.sessionManager.restoreSession(id)).toEqual({ conversation: 'restored', agent: 'none' })
  expect(tab.status()).toBe('live')
  expect(tab.texts()).toEqual(['before'])
})

test("the owner runs a mirror's commands and responds", async () => {
  const { owner, id, server, ...shared } = await openOwner()
  const tab = await openTab('mirror', { ...shared, server })
  await tab.mirror.follow(id)
  server.emit({ type: 'microphoneChanged', microphone: 'live' })

  tab.agent.setDraft('from the mirror')
  tab.agent.sendText('from the mirror')
  tab.agent.mute()
  await vi.waitUntil(() => owner.state().connection.isMuted)
  await same(tab, owner)
  expect(server.texts()).toEqual(['before', 'from the mirror'])
  expect(owner.texts()).toEqual(['before', 'from the mirror'])
  expect(tab.state().conversation.draft).toBe('')

  await tab.agent.disconnect()
  await same(tab, owner)
  expect(owner.call()).toBe('disconnected')
  expect(() => tab.agent.sendText('too late')).toThrow(expect.objectContaining({ code: 'not-connected' }))
})

test('a mirror rejects commands that need the microphone', async () => {
  const { id, server, ...shared } = await openOwner()
  const tab = await openTab('mirror', { ...shared, server })
  await tab.mirror.follow(id)
  expect(() => tab.agent.setVolume(0.5)).toThrow(expect.objectContaining({ code: 'session-open-elsewhere' }))
  expect(tab.state().connection.volume).toBe(1)
})

test('a mirror loads earlier messages from the disk', async () => {
  const { owner, id, server, ...shared } = await openOwner()
  for (let index = 0; index < 200; index++)
    server.emit({ type: 'userTranscriptReceived', text: `line ${index}`, final: true })
  await vi.waitUntil(() => owner.texts().at(-1) === 'line 199')
  await owner.voiceAgent.persistor.flush()
  const tab = await openTab('mirror', { ...shared, server })
  await tab.mirror.follow(id)
  expect(tab.texts().length).toBeLessThan(owner.texts().length)
  while (tab.state().conversation.firstLoadedIndex > 0) await tab.agent.loadEarlierMessages()
  expect(tab.texts()).toEqual(owner.texts())
})

test("a new conversation in a mirror doesn't affect the owner", async () => {
  const { owner, id, server, ...shared } = await openOwner()
  const tab = await openTab('mirror', { ...shared, server })
  await tab.mirror.follow(id)
  await tab.agent.newSession()
  expect(tab.state().session).toMatchObject({ id: null, mirror: null })
  expect(tab.texts()).toEqual([])
  await vi.waitUntil(() => owner.mirror.mirrors === 0)
  expect(owner.call()).toBe('connected')
})

test('a conversation whose user agrees to the storage only later can be followed from then on', async () => {
  const opened = await openOwner({ options: { persistence: { consent: false } } })
  const { owner, id, server, databaseName } = opened
  for (const consent of [true, false, true]) await owner.agent.setConsent(consent)
  await owner.voiceAgent.persistor.flush()
  const tab = await openTab('mirror', { server, databaseName })
  await tab.mirror.follow(id)
  await vi.waitFor(() => expect(tab.texts()).toEqual(['before']))
})

test('a deleted conversation disappears from the mirrors', async () => {
  const { owner, id, server, ...shared } = await openOwner()
  const tab = await openTab('mirror', { ...shared, server })
  await tab.mirror.follow(id)
  await owner.sessionManager.deleteSession(id)
  await vi.waitUntil(() => tab.state().session.id === null)
  expect(tab.texts()).toEqual([])
})

test("the owner's sign-out empties the mirrors; a mirror's sign-out doesn't affect the owner", async () => {
  const { owner, id, server, ...shared } = await openOwner()
  const [one, two] = [
    await openTab('one', { ...shared, server }),
    await openTab('two', { ...shared, server }),
  ]
  await one.mirror.follow(id)
  await two.mirror.follow(id)
  await two.agent.reset()
  expect(two.texts()).toEqual([])
  expect(one.texts()).toEqual(['before'])
  expect(owner.call()).toBe('connected')
  await owner.agent.reset()
  await vi.waitUntil(() => one.state().session.id === null)
  expect(one.texts()).toEqual([])
})

test('a sign-out arrives even if the owner is found to be gone before its message is decrypted', async () => {
  const { owner, id, server, ...shared } = await openOwner()
  const tab = await openTab('mirror', { ...shared, server })
  await tab.mirror.follow(id)
  const decrypt = crypto.subtle.decrypt.bind(crypto.subtle)
  const slow = vi.spyOn(crypto.subtle, 'decrypt').mockImplementation(async (...given) => {
    await vi.waitUntil(() => tab.status() !== 'live')
    return decrypt(...given)
  })
  onTestFinished(() => slow.mockRestore())
  await owner.agent.reset()
  await vi.waitUntil(() => tab.state().session.id === null)
  expect(slow).toHaveBeenCalled()
  expect(tab.texts()).toEqual([])
})

test('every tab shows a new title, including one set by a mirror', async () => {
  const { owner, id, server, ...shared } = await openOwner()
  const tab = await openTab('mirror', { ...shared, server })
  await tab.mirror.follow(id)
  await tab.sessionManager.renameSession(id, 'From the mirror')
  await vi.waitUntil(() => owner.state().session.title === 'From the mirror')
  await owner.sessionManager.renameSession(id, 'From the owner')
  await same(tab, owner)
})

test('the owner of a session without mirrors posts nothing', async () => {
  const post = vi.spyOn(BroadcastChannel.prototype, 'postMessage')
  const { server } = await openOwner()
  server.begin('t1', 'Words')
  server.end('t1')
  const channels = post.mock.contexts as BroadcastChannel[]
  const names = channels.map(({ name }) => (name.includes(':mirror:') ? 'mirror' : 'other'))
  post.mockRestore()
  expect(names).not.toContain('mirror')
})

test('nothing said, typed or secret is readable on the channels', async () => {
  const seen: unknown[] = []
  const post = BroadcastChannel.prototype.postMessage
  const spy = vi.spyOn(BroadcastChannel.prototype, 'postMessage').mockImplementation(function (
    this: BroadcastChannel,
    message: unknown,
  ) {
    seen.push(message)
    post.call(this, message)
  })
  const server = createAgentServer()
  const { owner, id, ...shared } = await openOwner({ server })
  const tab = await openTab('mirror', { ...shared, server })
  await tab.mirror.follow(id)
  server.emit({ type: 'userTranscriptReceived', text: 'canary spoken', final: true })
  server.begin('t1', 'canary answer')
  server.emit({ type: 'toolCallStarted', toolCallId: 'c1', name: 'canaryTool', arguments: { of: 'canary' } })
  tab.agent.sendText('canary typed')
  await owner.sessionManager.renameSession(id, 'canary name')
  await vi.waitUntil(() => tab.state().session.title === 'canary name')
  await same(tab, owner)
  server.end('t1')
  await tab.mirror.takeOver()
  spy.mockRestore()
  const decoder = new TextDecoder('latin1')
  const text = JSON.stringify(seen, (_name, value: unknown) =>
    value instanceof ArrayBuffer ? decoder.decode(value) : value,
  )
  expect(seen.length).toBeGreaterThan(10)
  expect(text).not.toMatch(/canary|before|connected|assistant/)
})

test('a mirror that opened before the owner reloaded follows it again', async () => {
  const { owner, id, server, ...shared } = await openOwner()
  const tab = await openTab('mirror', { ...shared, server })
  await tab.mirror.follow(id)
  await owner.close()
  await vi.waitUntil(() => tab.status() === 'connecting')
  const reloaded = await openTab('owner', { ...shared, server })
  await reloaded.sessionManager.restoreSession(id)
  await follows(tab)
  await same(tab, reloaded)
})

test('a text that is typed in a mirror while the owner reloads reaches the agent once', async () => {
  const { owner, id, server, ...shared } = await openOwner()
  const tab = await openTab('mirror', { ...shared, server })
  await tab.mirror.follow(id)
  // One reaches the owner, one may, and one is typed without an owner.
  tab.agent.sendText('before the reload')
  await vi.waitUntil(() => owner.texts().includes('before the reload'))
  tab.agent.sendText('during the reload')
  await owner.close()
  await vi.waitUntil(() => tab.status() === 'connecting')
  tab.agent.sendText('without an owner')
  const reloaded = await openTab('owner', { ...shared, server })
  await reloaded.sessionManager.restoreSession(id)
  await follows(tab)
  const typed = ['before the reload', 'during the reload', 'without an owner']
  await vi.waitFor(() => expect(reloaded.texts().filter((text) => typed.includes(text))).toEqual(typed))
  await same(tab, reloaded)
  expect(tab.state().connection.error).toBeNull()
})
