/** Erasing everything, other users and consent, in the worst-case orders. tests/browser/storage has them with a real database. */
import { ActionCreators, instrument } from '@redux-devtools/instrument'
import type { StoreEnhancer } from '@reduxjs/toolkit'
import { VoiceAgentError, type VoiceAgentOptions } from 'redux-voice-agent'
import { memoryStorage, type VoiceStorage } from 'redux-voice-agent/testing'
import { afterEach, expect, it, vi } from 'vitest'
import { answerOf, deferred, idOf, rest, setUp } from './support.js'

afterEach(() => void vi.useRealTimers())

type Persistence = Exclude<VoiceAgentOptions['persistence'], false | undefined>

async function talk(persistence: Persistence, enhancer?: StoreEnhancer) {
  const page = setUp(
    undefined,
    { persistence: { debounceMs: 0, ...persistence } },
    enhancer ? { enhancer } : {},
  )
  await page.sessionManager.initialize()
  await page.agent.connect()
  page.agent.sendText('said')
  await page.voiceAgent.persistor.flush()
  return page
}

/** An app's storage that supports neither users nor erasing. */
function plainStorage(): VoiceStorage {
  const { records, tokens, tab } = memoryStorage('tab')
  return { records, tokens, tab }
}

it('everything is erased while DevTools shows the past', async () => {
  const storage = memoryStorage('tab')
  const page = await talk({ storage }, instrument() as StoreEnhancer)
  const { liftedStore } = page.store as unknown as { liftedStore: { dispatch(action: object): void } }
  liftedStore.dispatch(ActionCreators.jumpToState(1))
  await page.sessionManager.eraseAll()
  expect(page.transport.open).toBe(0)
  expect(await storage.records.list()).toEqual([])
  expect(storage.tokens.read()).toBeNull()
  expect(page.sessionManager.getCurrentSession()).toBeNull()
})

it('a storage that can only delete single sessions is emptied one by one', async () => {
  const storage = plainStorage()
  const page = await talk({ storage })
  await page.sessionManager.eraseAll()
  expect(await storage.records.list()).toEqual([])
  expect(storage.tokens.read()).toBeNull()
})

it('a failure is reported; the state is empty, and the next call works', async () => {
  const storage = memoryStorage('tab')
  storage.eraseAll = async () => {
    throw new Error('no')
  }
  const page = await talk({ storage })
  const erased = vi.fn()
  page.agent.on('allErased', erased)
  await expect(page.sessionManager.eraseAll()).rejects.toMatchObject({ code: 'erase-failed' })
  expect(erased).not.toHaveBeenCalled()
  expect(page.texts()).toEqual([])
  expect(await storage.records.list()).toHaveLength(1)
  await page.agent.connect()
  expect(page.transport.open).toBe(1)
})

it('if a storage never responds, the request still settles, and so does a call that waits for it', async () => {
  const storage = memoryStorage('tab')
  storage.eraseAll = () => new Promise(() => {})
  const page = await talk({ storage })
  vi.useFakeTimers()
  const erased = answerOf(page.sessionManager.eraseAll())
  const connected = answerOf(page.agent.connect())
  await vi.advanceTimersByTimeAsync(20_000)
  expect(await erased).toBe('erase-failed')
  expect(await connected).toBe('resolved')
})

it('each request settles once, in whatever order they arrive', async () => {
  const storage = memoryStorage('tab')
  const gate = deferred()
  const { eraseAll } = storage
  storage.eraseAll = async () => {
    await gate.promise
    await eraseAll?.()
  }
  const answered: string[] = []
  const page = setUp(
    undefined,
    { persistence: { storage } },
    {
      middleware: [
        () => (next) => (action) => {
          const { type, payload } = action as { type: string; payload?: { requestId: string } }
          if (type === 'voiceAgent/requestSettled' && payload) answered.push(payload.requestId)
          return next(action)
        },
      ],
    },
  )
  const { actions } = page
  const intents = [
    actions.eraseAllRequested(),
    actions.connectRequested(),
    actions.eraseAllRequested(),
    actions.resetRequested({ scope: 'ben' }),
    actions.consentChanged({ consent: false }),
    actions.eraseAllRequested(),
    actions.restoreRequested({ sessionId: 'unknown' }),
    actions.consentChanged({ consent: true }),
    actions.createSessionRequested(),
    actions.endSessionRequested(),
    actions.resetRequested({ scope: null }),
  ]
  for (const intent of intents) page.store.dispatch(intent)
  await rest()
  gate.resolve()
  await rest(30)
  for (const { meta } of intents) expect(answered.filter((id) => id === meta.requestId)).toHaveLength(1)
})

it('the next user of a memory storage has separate sessions', async () => {
  const storage = memoryStorage('tab')
  const page = await talk({ storage, scope: 'ann' })
  const ann = idOf(page)
  await page.agent.reset({ scope: 'ben' })
  expect(await page.sessionManager.listSessions()).toEqual([])
  await page.agent.reset({ scope: 'ann' })
  expect(await page.sessionManager.listSessions()).toMatchObject([{ id: ann }])
})

it('a list requested together with the reset belongs to the next user', async () => {
  const page = await talk({ storage: memoryStorage('tab') })
  const reset = page.agent.reset({ scope: 'ben' })
  expect(await page.sessionManager.listSessions()).toEqual([])
  await reset
})

it('a storage without users rejects one, and nothing has changed', async () => {
  expect(() => setUp(undefined, { persistence: { storage: plainStorage(), scope: 'ann' } })).toThrow(
    VoiceAgentError,
  )
  const page = await talk({ storage: plainStorage() })
  await expect(page.agent.reset({ scope: 'ann' })).rejects.toMatchObject({ code: 'invalid-option' })
  expect(page.transport.open).toBe(1)
  expect(page.texts()).toEqual(['said'])
})

it('a storage that can’t change its user is no longer used', async () => {
  const storage = memoryStorage('tab')
  const page = await talk({ storage })
  storage.reopen = async () => {
    throw new Error('no')
  }
  await page.agent.reset({ scope: 'ben' })
  expect(await page.sessionManager.listSessions()).toEqual([])
  expect(page.state().session.storage).toBe('memory')
})

it("an erasure that an app's storage reports empties the state", async () => {
  const storage = memoryStorage('tab')
  let tell = () => {}
  storage.onErased = (listener) => {
    tell = listener
  }
  const page = await talk({ storage })
  const erased = vi.fn()
  page.agent.on('allErased', erased)
  tell()
  expect(erased).toHaveBeenCalledExactlyOnceWith({ isElsewhere: true })
  expect(page.transport.open).toBe(0)
  expect(page.texts()).toEqual([])
})

it("without consent, an app's storage is not touched", async () => {
  const storage = memoryStorage('tab')
  const page = await talk({ storage, consent: 'ask' })
  expect(page.state().session).toMatchObject({ storage: 'memory', error: { code: 'consent-missing' } })
  expect(await storage.records.list()).toEqual([])
  expect(storage.tokens.read()).toBeNull()
  await page.agent.setConsent(true)
  await page.voiceAgent.persistor.flush()
  expect(await storage.records.list()).toMatchObject([{ id: idOf(page), messageCount: 1 }])
  expect(storage.tokens.read()).toMatchObject({ persistedSessionId: idOf(page) })
})

it('an agent without persistence has nothing to erase, and needs no consent', async () => {
  const page = setUp()
  await page.agent.connect()
  await page.sessionManager.eraseAll()
  expect(page.transport.open).toBe(0)
  await expect(page.agent.setConsent(true)).rejects.toMatchObject({ code: 'invalid-option' })
})
