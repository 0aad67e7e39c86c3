/**
 * `persistence.storage`: sessions in an app's storage. The examples in docs/testing.md, which also run as tests, show that they are
 * restored.
 */
import { configureStore } from '@reduxjs/toolkit'
import { createVoiceAgent } from 'redux-voice-agent'
import { memoryStorage, scriptedTransport, type VoiceStorage } from 'redux-voice-agent/testing'
import { afterEach, beforeEach, expect, it, onTestFinished, vi } from 'vitest'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

async function talk(storage: VoiceStorage) {
  const voiceAgent = createVoiceAgent({
    apiEndpoint: '/api/voice-agent',
    transport: scriptedTransport(),
    refreshToken: async () => ({ token: 't', expiresAt: Date.now() + 600_000, sessionId: 's1' }),
    persistence: { storage },
  })
  onTestFinished(() => voiceAgent.dispose())
  const store = configureStore({
    reducer: { [voiceAgent.reducerPath]: voiceAgent.reducer },
    middleware: (getDefault) => getDefault().concat(voiceAgent.middleware),
  })
  await voiceAgent.sessionManager.initialize()
  await voiceAgent.agent.connect()
  voiceAgent.agent.sendText('Two cups')
  const session = () => store.getState().voiceAgent.session
  return { voiceAgent, session }
}

it('is written to after the debounce, listed, and deleted from', async () => {
  const storage = memoryStorage('tab-1')
  const { voiceAgent, session } = await talk(storage)
  expect(session()).toMatchObject({ storage: 'persistent', tabId: 'tab-1', lastSavedAt: null })
  await vi.advanceTimersByTimeAsync(1_999)
  expect(await storage.records.list()).toEqual([])
  await vi.advanceTimersByTimeAsync(1)
  expect(await voiceAgent.sessionManager.listSessions()).toMatchObject([{ id: 's1', messageCount: 1 }])
  expect(session().lastSavedAt).toBe(Date.now())
  await voiceAgent.sessionManager.deleteSession('s1')
  expect(await storage.records.list()).toEqual([])
})

it('is retried if it fails, and the state shows its status', async () => {
  const storage = memoryStorage()
  const { setItem } = storage.records
  const write = vi.fn(setItem).mockRejectedValueOnce(new Error('No space on the device.'))
  const { session } = await talk({ ...storage, records: { ...storage.records, setItem: write } })
  await vi.advanceTimersByTimeAsync(2_000)
  expect(session()).toMatchObject({ storage: 'degraded', error: { code: 'storage-write-failed' } })
  await vi.advanceTimersByTimeAsync(1_000)
  expect(session()).toMatchObject({ storage: 'persistent', error: null })
  expect(await storage.records.list()).toMatchObject([{ messageCount: 1 }])
})

it('is replaced by memory if it does not open', async () => {
  const storage = memoryStorage()
  const open = () => Promise.reject(new Error('No such device.'))
  const { session, voiceAgent } = await talk({ ...storage, records: { ...storage.records, open } })
  expect(session()).toMatchObject({ storage: 'memory', error: { code: 'storage-unavailable' } })
  expect(voiceAgent.agent.getSessionStats()).toMatchObject({ isActive: true, messageCount: 1 })
})

it.for([
  ['the saved value', { head: {} }, 'wrapped'],
  ['nothing', undefined, 'wrapped'],
  ['a protection', 'plain', 'plain'],
] as const)('may resolve a save with %s', async ([, resolution, keyProtection]) => {
  const storage = memoryStorage()
  const create = async () => 'wrapped' as const
  const setItem = vi.fn(async () => resolution as never)
  const { session } = await talk({ ...storage, records: { ...storage.records, create, setItem } })
  await vi.advanceTimersByTimeAsync(2_000)
  expect(setItem).toHaveBeenCalled()
  expect(session()).toMatchObject({ keyProtection, lastSavedAt: Date.now() })
})

it('may resolve a creation with anything', async () => {
  const storage = memoryStorage()
  const create = async () => ({ id: 's1' }) as never
  const { session } = await talk({ ...storage, records: { ...storage.records, create } })
  expect(session()).toMatchObject({ id: 's1', keyProtection: null })
})

it('has no session open if it returns an empty id', async () => {
  const storage = memoryStorage()
  const openSession = () => ''
  const getItem = vi.fn(storage.records.getItem)
  const { records, tokens } = storage
  await talk({ ...storage, records: { ...records, getItem }, tokens: { ...tokens, openSession } })
  expect(getItem).not.toHaveBeenCalled()
})
