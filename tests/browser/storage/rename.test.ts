import { VoiceAgentError } from 'redux-voice-agent'
import { beforeEach, expect, test, vi } from 'vitest'
import { mountTab, type Tab, talk } from '../react/support.js'
import { rawRecords, textOf } from './fixture.js'

let databaseName: string
beforeEach(() => {
  databaseName = `rename-${crypto.randomUUID()}`
  sessionStorage.clear()
})

const openTab = () => mountTab(databaseName)

const titlesIn = async ({ voiceAgent: { sessionManager } }: Tab) =>
  Object.fromEntries(
    await sessionManager.readTitles((await sessionManager.listSessions()).map(({ id }) => id)),
  )

const titleIn = ({ voiceAgent, store }: Tab) =>
  voiceAgent.selectors.selectVoiceAgent(store.getState()).session.title

test('titles of the open conversation and a closed one are encrypted and restored', async () => {
  const tab = openTab()
  const first = await talk(tab, 'About kettles')
  await tab.voiceAgent.agent.newSession()
  const second = await talk(tab, 'About cups')
  const { sessionManager } = tab.voiceAgent
  const before = await sessionManager.listSessions()
  await sessionManager.renameSession(first, '  Hochzeit\n🎁 هدايا ')
  await sessionManager.renameSession(second, 'Cups for the office')
  expect(titleIn(tab)).toBe('Cups for the office')
  expect(await titlesIn(tab)).toEqual({ [first]: 'Hochzeit 🎁 هدايا', [second]: 'Cups for the office' })
  // Renaming does not count as an update: the closed conversation keeps its time, and so its position in the list.
  const timeOf = (list: typeof before) => list.find(({ id }) => id === first)?.updatedAt
  expect(timeOf(await sessionManager.listSessions())).toBe(timeOf(before))
  const raw = [...(await rawRecords(databaseName))].map(([key, record]) => key + textOf(record)).join('')
  for (const word of ['Hochzeit', 'Cups for']) expect(raw).not.toContain(word)

  await tab.voiceAgent.dispose()
  const next = openTab()
  await next.voiceAgent.sessionManager.initialize()
  await next.voiceAgent.sessionManager.restoreSession(first, { reconnect: false })
  expect(titleIn(next)).toBe('Hochzeit 🎁 هدايا')
  // A new conversation has no title.
  await next.voiceAgent.agent.newSession()
  expect(titleIn(next)).toBeNull()
})

test('an empty title restores the first words, and a long one is cut between characters', async () => {
  const tab = openTab()
  const id = await talk(tab, 'About kettles')
  const { sessionManager } = tab.voiceAgent
  await sessionManager.renameSession(id, `${'a'.repeat(119)}🎁 and more`)
  expect(titleIn(tab)).toBe('a'.repeat(119))
  await tab.voiceAgent.agent.newSession()
  await sessionManager.renameSession(id, ' \n\t')
  expect(await titlesIn(tab)).toEqual({ [id]: 'About kettles' })
})

test('a title is in the exported file', async () => {
  const tab = openTab()
  const id = await talk(tab, 'About kettles')
  const { sessionManager } = tab.voiceAgent
  await sessionManager.renameSession(id, 'Presents')
  const file = await sessionManager.exportSession(id, { passphrase: 'four words' })
  const imported = await sessionManager.importSession(file, { passphrase: 'four words' })
  expect(imported.id).not.toBe(id)
  expect(await titlesIn(tab)).toEqual({ [id]: 'Presents', [imported.id]: 'Presents' })
})

test('a conversation that another tab has open keeps its title; other tabs learn of a new one', async () => {
  const other = openTab()
  const id = await talk(other, 'In the other tab')
  sessionStorage.clear()
  const tab = openTab()
  await tab.voiceAgent.sessionManager.initialize()
  const { sessionManager } = tab.voiceAgent
  await expect(sessionManager.renameSession(id, 'Mine')).rejects.toMatchObject({
    code: 'session-open-elsewhere',
  })
  const heard = vi.fn()
  tab.voiceAgent.agent.on('sessionsChanged', heard)
  await other.voiceAgent.sessionManager.renameSession(id, 'Its own')
  await vi.waitFor(() => expect(heard.mock.calls.flatMap(([{ sessionIds }]) => sessionIds)).toContain(id))
  expect(await titlesIn(tab)).toEqual({ [id]: 'Its own' })
  await expect(sessionManager.renameSession('missing', 'Name')).rejects.toMatchObject({
    message: expect.stringContaining('call listSessions()'),
    code: 'session-missing',
  })
})

test.each(['before', 'after'] as const)(
  'a title requested %s the restore of its conversation is in the state and on disk',
  async (order) => {
    const tab = openTab()
    const id = await talk(tab, 'About kettles')
    await tab.voiceAgent.agent.newSession()
    await talk(tab, 'About cups')
    const { sessionManager } = tab.voiceAgent
    const rename = () => sessionManager.renameSession(id, 'Presents')
    const restore = () => sessionManager.restoreSession(id, { reconnect: false })
    await Promise.all(order === 'before' ? [rename(), restore()] : [restore(), rename()])
    expect(titleIn(tab)).toBe('Presents')
    expect(await titlesIn(tab)).toMatchObject({ [id]: 'Presents' })
    await sessionManager.endSession()
    await sessionManager.renameSession(id, 'Later')
    await sessionManager.restoreSession(id, { reconnect: false })
    expect(titleIn(tab)).toBe('Later')
  },
)

test('a title that is not a string is rejected, and changes nothing', async () => {
  const tab = openTab()
  const id = await talk(tab, 'About kettles')
  const bad = 7 as unknown as string
  const refused = tab.voiceAgent.sessionManager.renameSession(id, bad)
  await expect(refused).rejects.toSatisfy(
    (error) => error instanceof VoiceAgentError && error.code === 'invalid-option',
  )
  expect(titleIn(tab)).toBeNull()
})
