// Must come first, so that the clock is replaced before a module of the package reads it.
import './clock.js'
//
import { configureStore } from '@reduxjs/toolkit'
import { createVoiceAgent, type OnQuotaExceeded, VoiceAgentError } from '../../../src/index.js'
import { createPassphraseKeyProvider } from '../../../src/storage.js'
import { scriptedTransport } from '../../../src/testing.js'
import type { Message } from '../../../store/index.js'
import { hashOf } from '../../soak/random.js'
import type { Note } from '../oracle.js'
import type { Choice, Passphrase } from '../plan.js'
import { setClock } from './clock.js'

declare global {
  interface Window {
    chaos: Chaos
    /** Sends a note to the process outside the browser. */
    chaosNote: (note: string) => Promise<void>
  }
}

export type Chaos = ReturnType<typeof startApp>

const note = (what: Note) => window.chaosNote(JSON.stringify(what))

/** Identifies a message by its label, its length and a hash. */
function fingerprintOf({ text }: Message): string {
  return `${text.slice(0, text.indexOf(' '))}/${text.length}/${hashOf(text)}`
}

/** Deletes conversations as an app's user would, after notifying the process outside. */
const choosing = (choice: Choice): OnQuotaExceeded | undefined => {
  if (choice === 'none') return undefined
  return async ({ neededBytes, candidates }) => {
    let freed = 0
    const oldest = candidates.filter(({ bytes }) => {
      const isNeeded = freed < neededBytes
      freed += bytes
      return isNeeded
    })
    const ids = choice === 'one' ? candidates.slice(0, 1).map(({ id }) => id) : oldest.map(({ id }) => id)
    if (choice === 'throws') throw new Error('The app failed to choose.')
    await note({ type: 'chosen', sessionIds: ids })
    return ids
  }
}

const codeOf = (error: unknown) => (error instanceof VoiceAgentError ? error.code : String(error))

function startApp(query: URLSearchParams) {
  const page = crypto.randomUUID()
  const transport = scriptedTransport(() => 'resumed')
  const onQuotaExceeded = choosing((query.get('choice') ?? 'none') as Choice)
  const passphrase = query.get('passphrase') as Passphrase
  const retention = query.get('retention')
  const voiceAgent = createVoiceAgent({
    apiEndpoint: '/api/voice-agent',
    autoReconnect: 'always',
    transport,
    refreshToken: async ({ sessionId }) => ({
      token: crypto.randomUUID(),
      expiresAt: Date.now() + 3_600_000,
      sessionId: sessionId ?? crypto.randomUUID(),
    }),
    persistence: {
      debounceMs: 100,
      maxWaitMs: 400,
      restore: 'all',
      ...(retention === null ? {} : { retentionMs: Number(retention) }),
      ...(passphrase === 'none'
        ? {}
        : { keyProvider: createPassphraseKeyProvider(`${passphrase} one`, { iterations: 1_000 }) }),
      ...(onQuotaExceeded ? { onQuotaExceeded } : {}),
    },
  })
  const { agent, sessionManager, persistor, selectors, actions } = voiceAgent
  const fingerprints = new Map<string, string>()
  const messages = () => selectors.selectMessages(store.getState())
  const session = () => selectors.selectSession(store.getState())

  function seen(): string[] {
    return messages().map((message) => {
      const name = `${message.id} ${message.text.length}`
      const known = fingerprints.get(name) ?? fingerprintOf(message)
      fingerprints.set(name, known)
      return known
    })
  }

  /** Messages of each revision that may still be reported as saved. */
  const revisions = new Map<number, { sessionId: string; texts: string[] }>()
  const store = configureStore({
    reducer: { voiceAgent: voiceAgent.reducer },
    middleware: (defaults) =>
      defaults({ serializableCheck: false, immutableCheck: false }).concat(
        voiceAgent.middleware,
        () => (next: (action: unknown) => unknown) => (action: unknown) => {
          const result = next(action)
          if (actions.snapshotSaved.match(action)) reportSaved(action.payload.revision)
          return result
        },
      ),
  })
  store.subscribe(() => {
    const { id, revision } = session()
    if (id !== null && !revisions.has(revision)) revisions.set(revision, { sessionId: id, texts: seen() })
  })

  function reportSaved(revision: number) {
    const saved = revisions.get(revision)
    for (const earlier of revisions.keys()) if (earlier < revision) revisions.delete(earlier)
    if (saved?.sessionId === session().id) void note({ type: 'saved', ...saved, at: Date.now() })
  }

  agent.on('sessionsDeleted', ({ sessionIds, reason }) => {
    void note({ type: 'deleted', sessionIds, reason, page, at: Date.now() })
  })

  async function load() {
    const outcome = await sessionManager.initialize()
    await note({ type: 'loaded', page, at: Date.now() })
    return outcome
  }

  /** Resolves with the error's code if the request is rejected, which is a valid outcome. */
  const answered = (work: Promise<unknown>) =>
    work.then(
      () => null,
      (error: unknown) => codeOf(error),
    )

  const loaded = load()
  return {
    loaded,
    connect: () => answered(agent.connect()),
    say: (label: string, length: number) => answered((async () => agent.sendText(textOf(label, length)))()),
    answer(label: string, length: number) {
      const turnId = crypto.randomUUID()
      transport.emit({ type: 'assistantTurnStarted', turnId })
      transport.emit({ type: 'assistantTextAppended', turnId, delta: textOf(label, length) })
      transport.emit({ type: 'assistantTurnCompleted', turnId })
    },
    /** Saves everything, and reports it as saved if the storage says so. */
    async save() {
      const { id } = session()
      const texts = seen()
      await persistor.flush()
      const after = session()
      const isSaved = id !== null && after.id === id && after.storage === 'persistent'
      if (isSaved) await note({ type: 'saved', sessionId: id, texts, at: Date.now() })
      return `${isSaved ? 'saved' : 'not saved'}, ${after.storage}, ${after.error?.code ?? 'no error'}`
    },
    create: () => answered(sessionManager.createSession().then(() => agent.connect())),
    list: () => sessionManager.listSessions(),
    async restore(id: string) {
      const { conversation } = await sessionManager.restoreSession(id, { reconnect: false })
      const { restore } = session()
      await answered(agent.connect())
      return { conversation, reason: restore.reason, error: restore.error?.code ?? null }
    },
    remove: (id: string) => answered(sessionManager.deleteSession(id)),
    cleanUp: () => answered(sessionManager.cleanup()),
    setClock(ms: number) {
      setClock(ms)
    },
    seen,
    session,
  }
}

const textOf = (label: string, length: number) => `${label} `.padEnd(length, 'x')

const query = new URLSearchParams(location.search)
// `empty`: a page of the same origin that doesn't use the package.
if (!query.has('empty')) {
  window.chaos = startApp(query)
  if (query.has('frame')) {
    query.delete('frame')
    const frame = document.createElement('iframe')
    frame.name = 'inner'
    frame.src = `${location.pathname}?${query}`
    document.body.append(frame)
  }
}
