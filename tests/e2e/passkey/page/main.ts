import { configureStore } from '@reduxjs/toolkit'
import { createVoiceAgent } from 'redux-voice-agent'
import {
  isPasskeySupported,
  type PasskeyOptions,
  type PasskeySetup,
  passkeyKeyProvider,
} from 'redux-voice-agent/passkey'
import {
  createEncryptedStorage,
  createPassphraseKeyProvider,
  type KeyProvider,
  rewrapKeys,
} from 'redux-voice-agent/storage'
import { scriptedTransport } from 'redux-voice-agent/testing'
import { renderDialog } from './dialog.js'

const databaseName = 'redux-voice-agent'

/** Returns the value, or the code of the error and of its cause. */
async function outcome<T>(promise: Promise<T>): Promise<T | string> {
  return promise.catch((error: Error & { code?: string; cause?: { code?: unknown } }) =>
    [error.code ?? String(error), error.cause?.code].filter((code) => typeof code === 'string').join(' '),
  )
}

function startPage(options: PasskeyOptions) {
  const keyProvider = passkeyKeyProvider({ appName: 'Tests', ...options })
  let setup: PasskeySetup | null = null
  let startAgent = (provider: KeyProvider) => {
    const transport = scriptedTransport(() => 'resumed')
    const voiceAgent = createVoiceAgent({
      apiEndpoint: '/api/voice-agent',
      transport,
      refreshToken: async ({ sessionId }) => ({
        token: 'token-in-the-clear',
        expiresAt: Date.now() + 3_600_000,
        sessionId: sessionId ?? crypto.randomUUID(),
      }),
      persistence: { keyProvider: provider, debounceMs: 50, maxWaitMs: 100, restore: 'all' },
    })
    const store = configureStore({
      reducer: { [voiceAgent.reducerPath]: voiceAgent.reducer },
      middleware: (getDefaultMiddleware) => getDefaultMiddleware().concat(voiceAgent.middleware),
    })
    const agent = {
      restored: () => voiceAgent.sessionManager.initialize(),
      restore: (id: string) => outcome(voiceAgent.sessionManager.restoreSession(id)),
      sessions: () => voiceAgent.sessionManager.listSessions(),
      eraseAll: () => voiceAgent.sessionManager.eraseAll(),
      texts: () => voiceAgent.selectors.selectMessages(store.getState()).map(({ text }) => text),
      session: () => voiceAgent.selectors.selectSession(store.getState()),
      async say(text: string) {
        await voiceAgent.agent.connect()
        voiceAgent.agent.sendText(text)
        await voiceAgent.persistor.flush()
      },
    }
    startAgent = () => agent
    return agent
  }
  const begin = (beginning: Promise<PasskeySetup>) =>
    outcome(
      beginning.then((begun) => {
        setup = begun
        return begun.step as string
      }),
    )
  const run = (step: (current: PasskeySetup) => Promise<void>) =>
    outcome(setup ? step(setup).then(() => setup?.step ?? '') : Promise.reject(new Error('no setup')))

  if (new URLSearchParams(location.search).has('dialog')) renderDialog(keyProvider)

  return {
    supported: () => isPasskeySupported(),
    status: () => outcome(keyProvider.status()),
    setUp: () => begin(keyProvider.setUp()),
    addPasskey: () => begin(keyProvider.addPasskey()),
    recover: (code: string) => begin(keyProvider.recover(code)),
    renew: () => begin(keyProvider.renewRecoveryCode()),
    create: () => run((current) => current.create()),
    evaluate: () => run((current) => current.evaluate()),
    evaluateFor: (ms: number) => run((current) => current.evaluate({ signal: AbortSignal.timeout(ms) })),
    confirm: (typed: string) => run((current) => current.confirm(typed)),
    cancel: () => setup?.cancel(),
    step: () => setup?.step,
    code: () => setup?.recoveryCode ?? null,
    unlock: () => outcome(keyProvider.unlock().then(() => 'open')),
    unlockFor: (ms: number) =>
      outcome(keyProvider.unlock({ signal: AbortSignal.timeout(ms) }).then(() => 'open')),
    removePasskey: (id: string) => outcome(keyProvider.removePasskey(id).then(() => 'removed')),
    lock: () => keyProvider.lock(),
    key: () => outcome(keyProvider().then(({ extractable, usages }) => ({ extractable, usages }))),
    agent: () => startAgent(keyProvider),
    /** Reads and writes a value, which waits for the key like a session does. */
    read: (name: string) => outcome(createEncryptedStorage({ databaseName, keyProvider }).getItem(name)),
    write: (name: string, value: string) =>
      outcome(createEncryptedStorage({ databaseName, keyProvider }).setItem(name, value)),
    writeWithPassphrase: (name: string, value: string) =>
      createEncryptedStorage({
        databaseName,
        keyProvider: createPassphraseKeyProvider('old passphrase', { iterations: 10 }),
      }).setItem(name, value),
    rewrapFromPassphrase: () =>
      outcome(
        rewrapKeys(createPassphraseKeyProvider('old passphrase', { iterations: 10 }), keyProvider, {
          databaseName,
        }),
      ),
  }
}

export type PasskeyPage = ReturnType<typeof startPage>

declare global {
  interface Window {
    passkey: PasskeyPage
  }
}

const query = new URLSearchParams(location.search)
window.passkey = startPage({
  ...(query.has('rpId') ? { rpId: String(query.get('rpId')) } : {}),
  ...(query.has('user') ? { scope: String(query.get('user')) } : {}),
})
