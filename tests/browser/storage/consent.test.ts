import { expect, test } from 'vitest'
import { entriesOf, rawRecords } from './fixture.js'
import { freshName } from './persisted-store.js'
import { openPage, openTalkingTab } from './voice-app.js'

const databaseExists = async (databaseName: string) =>
  (await indexedDB.databases()).some(({ name }) => name === databaseName)

test('without consent, nothing reaches the disk, and the state says why', async () => {
  const page = await openTalkingTab({ databaseName: freshName('consent'), consent: false })
  expect(page.state().session).toMatchObject({ storage: 'memory', error: { code: 'consent-missing' } })
  dispatchEvent(new PageTransitionEvent('pagehide'))
  expect(entriesOf(page.databaseName)).toEqual([])
  await page.agent.disconnect()
  expect(await databaseExists(page.databaseName)).toBe(false)
  expect(entriesOf(page.databaseName)).toEqual([])
  await page.voiceAgent.dispose()
  expect(await databaseExists(page.databaseName)).toBe(false)
})

test('with consent, the conversation is stored from its start, with its token', async () => {
  const page = await openTalkingTab({ databaseName: freshName('consent'), consent: 'ask' }, 'the beginning')
  await page.agent.setConsent(true)
  page.agent.sendText('and the rest')
  await page.persistor.flush()
  const stored = { id: page.id, storage: 'persistent', keyProtection: 'plain', error: null }
  expect(page.state().session).toMatchObject(stored)
  expect(page.transport.open).toBe(1)
  await page.voiceAgent.dispose()
  const next = openPage({ databaseName: page.databaseName })
  expect(await next.sessionManager.initialize()).toMatchObject({ conversation: 'restored' })
  expect(next.texts()).toEqual(['the beginning', 'and the rest'])
})

test('when consent is withdrawn, the conversation is deleted, and continues in memory', async () => {
  const other = await openTalkingTab({ databaseName: freshName('consent') })
  await other.sessionManager.endSession()
  const page = await openTalkingTab({ databaseName: other.databaseName })
  await page.agent.setConsent(false)
  page.agent.sendText('not stored')
  await page.persistor.flush()
  expect(page.texts()).toEqual(['before', 'not stored'])
  expect(page.transport.open).toBe(1)
  expect(page.state().session).toMatchObject({ id: page.id, storage: 'memory', keyProtection: null })
  const keys = [...(await rawRecords(page.databaseName)).keys()]
  expect(keys.filter((key) => key.includes(page.id))).toEqual([])
  // Only the user may delete another conversation.
  expect(keys).toContain(`session/${other.id}/head`)
  expect(entriesOf(page.databaseName).filter((key) => /:(token$|likely:)/.test(key))).toEqual([])
  await page.sessionManager.eraseAll()
  const left = [...(await rawRecords(page.databaseName)).keys()]
  expect(left.filter((key) => !key.startsWith('meta/'))).toEqual([])
})

test('messages that were not loaded yet are read into memory before the stored ones are deleted', async () => {
  const { databaseName, ...before } = await openTalkingTab({ databaseName: freshName('consent') }, 'text 0')
  for (let count = 1; count < 200; count++) before.agent.sendText(`text ${count}`)
  await before.voiceAgent.dispose()
  const page = openPage({ databaseName })
  await page.sessionManager.initialize()
  expect(page.texts().length).toBeLessThan(200)
  await page.agent.setConsent(false)
  expect(page.texts()).toEqual(Array.from({ length: 200 }, (_, count) => `text ${count}`))
})

test('worst-case orders: given and withdrawn in one task, twice, and before the page has restored its session', async () => {
  const before = await openTalkingTab({ databaseName: freshName('consent') })
  await before.voiceAgent.dispose()
  const page = openPage({ databaseName: before.databaseName })
  await Promise.all([false, true, true, false, false].map((consent) => page.agent.setConsent(consent)))
  await page.agent.connect()
  page.agent.sendText('in memory')
  await page.persistor.flush()
  expect(page.texts()).toEqual(['in memory'])
  expect(page.state().session).toMatchObject({ storage: 'memory', error: { code: 'consent-missing' } })
  const keys = [...(await rawRecords(before.databaseName)).keys()]
  expect(keys.filter((key) => key.includes(page.state().session.id ?? ''))).toEqual([])
  await page.agent.setConsent(true)
  await page.persistor.flush()
  expect(await page.sessionManager.listSessions()).toHaveLength(2)
})

test('another conversation stored under the same id is not overwritten', async () => {
  const stored = await openTalkingTab({ databaseName: freshName('consent') }, 'the other one')
  await stored.voiceAgent.dispose()
  const page = openPage({ databaseName: stored.databaseName, consent: false })
  await page.sessionManager.initialize()
  const { randomUUID } = crypto
  crypto.randomUUID = () => stored.id as ReturnType<typeof randomUUID>
  await page.agent.connect()
  crypto.randomUUID = randomUUID
  page.agent.sendText('mine')
  await expect(page.agent.setConsent(true)).rejects.toMatchObject({ code: 'session-exists' })
  await page.persistor.flush()
  expect(page.state().session).toMatchObject({ storage: 'degraded', error: { code: 'session-exists' } })
  expect(page.texts()).toEqual(['mine'])
  await page.agent.reset()
  await page.sessionManager.restoreSession(stored.id, { reconnect: false })
  expect(page.texts()).toEqual(['the other one'])
})

test.each([false, 'ask'] as const)(
  'without consent (%s), the deletion of a conversation that is still stored is refused',
  async (consent) => {
    const before = await openTalkingTab({ databaseName: freshName('consent') })
    await before.voiceAgent.dispose()
    const page = openPage({ databaseName: before.databaseName, consent })
    await page.sessionManager.initialize()
    await expect(page.sessionManager.deleteSession(before.id)).rejects.toMatchObject({
      code: 'consent-missing',
    })
    expect([...(await rawRecords(before.databaseName)).keys()]).toContain(`session/${before.id}/head`)
    // A conversation that began in memory can be deleted there.
    await page.agent.connect()
    const { id } = page.state().session
    await page.sessionManager.deleteSession(id ?? '')
    expect(await page.sessionManager.listSessions()).toEqual([])
    // With consent, the stored one can be deleted, too.
    await page.agent.setConsent(true)
    await page.sessionManager.deleteSession(before.id)
    expect([...(await rawRecords(before.databaseName)).keys()].join()).not.toContain(before.id)
  },
)
