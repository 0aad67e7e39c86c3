import { configureStore } from '@reduxjs/toolkit'
import { createVoiceAgent, type PersistenceOptions } from 'redux-voice-agent'
import { scriptedTransport } from 'redux-voice-agent/testing'
import { expect, onTestFinished, test } from 'vitest'
import { decodeRecord, FORMAT_VERSION } from '../../../src/lib/voice-agent/storage/records/record.js'
import type { Message } from '../../../store/index.js'
import { flipByte, openStorage, putRaw, rawRecords, storedOf } from './fixture.js'
import format1 from './fixtures/format-1.json'
import { fixtureKeyProvider } from './fixtures/make-fixture.js'
import { messagesOf } from './snapshots.js'

/** A database with data stored in the first version of the format. */
async function databaseOfFormat1(): Promise<string> {
  const { databaseName } = await openStorage()
  for (const [key, record] of Object.entries(format1))
    await putRaw(databaseName, key, decodeRecord(record as object))
  return databaseName
}

/** An app, at the given version, that restores the fixture's session. */
async function restoreInApp(databaseName: string, persistence: PersistenceOptions) {
  const voiceAgent = createVoiceAgent({
    apiEndpoint: '/api/voice-agent',
    transport: scriptedTransport(),
    refreshToken: async () => ({
      token: 't',
      expiresAt: Date.now() + 60_000,
      sessionId: crypto.randomUUID(),
    }),
    autoReconnect: 'never',
    // The fixture's clock stands at 1970.
    persistence: { databaseName, keyProvider: fixtureKeyProvider, retentionMs: 1e14, ...persistence },
  })
  const store = configureStore({
    reducer: { [voiceAgent.reducerPath]: voiceAgent.reducer },
    middleware: (getDefault) => getDefault().concat(voiceAgent.middleware),
  })
  onTestFinished(() => voiceAgent.dispose())
  const outcome = await voiceAgent.sessionManager.restoreSession('s1')
  const texts = () => voiceAgent.selectors.selectMessages(store.getState()).map(({ text }) => text)
  return { outcome, texts, voiceAgent, state: () => store.getState().voiceAgent }
}

const shout: PersistenceOptions['migrate'] = async (state) => {
  const { messages, ...rest } = state as unknown as { messages: Message[] }
  return { ...rest, messages: messages.map((each) => ({ ...each, text: each.text.toUpperCase() })) } as never
}

test('data stored in the first version of the format can still be read', async () => {
  const databaseName = await databaseOfFormat1()
  const { records } = await openStorage({ databaseName, keyProvider: fixtureKeyProvider })
  expect(await records.getItem('s1')).toEqual(storedOf({ messages: messagesOf(150), revision: 7 }))
})

test('a newer version of the app migrates the whole conversation, and stores all of it again', async () => {
  const databaseName = await databaseOfFormat1()
  const { outcome, texts, voiceAgent } = await restoreInApp(databaseName, { version: 2, migrate: shout })
  expect(outcome.conversation).toBe('restored')
  expect(texts()).toEqual(messagesOf(150).map(({ text }) => text.toUpperCase()))
  await voiceAgent.dispose()
  const encrypted = [...(await rawRecords(databaseName)).values()].filter(
    ({ kind }) => kind === 'head' || kind === 'messages',
  )
  expect(encrypted.map(({ schema }) => schema)).toEqual([2, 2, 2, 2])
  const next = await restoreInApp(databaseName, { version: 2, migrate: shout })
  expect(next.texts()).toEqual(texts().slice(64))
})

test('what a migration could not open stays unchanged, and does not count as migrated later', async () => {
  const databaseName = await databaseOfFormat1()
  const key = 'session/s1/messages/00000001'
  const record = (await rawRecords(databaseName)).get(key)
  await putRaw(databaseName, key, { ...record, data: flipByte(record?.data) })
  const first = await restoreInApp(databaseName, { version: 2, migrate: shout })
  expect(first.state().session.restore).toMatchObject({
    conversation: 'restored',
    lost: [{ from: 64, count: 64 }],
  })
  expect(first.state().conversation.firstLoadedIndex).toBe(64)
  await first.voiceAgent.dispose()
  await putRaw(databaseName, key, { ...record })
  const { records } = await openStorage({ databaseName, keyProvider: fixtureKeyProvider, version: 2 })
  expect(await records.getItem('s1')).toMatchObject({ lost: [{ from: 64, count: 64 }] })
})

test('an older version of the app, and an older build, reject what a newer one stored, and leave it untouched', async () => {
  for (const newer of [
    async (databaseName: string) => {
      const app = await restoreInApp(databaseName, { version: 2 })
      await app.voiceAgent.dispose()
    },
    async (databaseName: string) => {
      const head = (await rawRecords(databaseName)).get('session/s1/head')
      await putRaw(databaseName, 'session/s1/head', { ...head, v: FORMAT_VERSION + 1 })
    },
  ]) {
    const databaseName = await databaseOfFormat1()
    await newer(databaseName)
    const before = await rawRecords(databaseName)
    const { outcome, state, voiceAgent } = await restoreInApp(databaseName, { version: 1 })
    expect(outcome).toEqual({ conversation: 'failed', agent: 'none' })
    expect(state().session.restore).toMatchObject({
      reason: 'session-unreadable',
      error: { code: 'session-newer', message: expect.stringContaining('newer version') },
    })
    await voiceAgent.dispose()
    const after = await rawRecords(databaseName)
    for (const [key, record] of before) expect(after.get(key)).toEqual(record)
  }
})

test('a migration that fails leaves the stored data unchanged, and nothing overwrites it', async () => {
  const databaseName = await databaseOfFormat1()
  const before = await rawRecords(databaseName)
  const migrate = () => Promise.reject(new Error('no such version'))
  const { outcome, voiceAgent } = await restoreInApp(databaseName, { version: 2, migrate })
  expect(outcome.conversation).toBe('failed')
  await voiceAgent.dispose()
  const after = await rawRecords(databaseName)
  for (const [key, record] of before) expect(after.get(key)).toEqual(record)
})
