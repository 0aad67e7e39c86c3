import type { Store } from '@reduxjs/toolkit'
import type { VoiceStorage } from '../../../middleware/drivers/storage/ports.js'
import { readSession } from '../../../middleware/drivers/storage/stored-session.js'
import { createStorage } from '../../../src/lib/voice-agent/storage/index.js'
import type { Engine } from './engine.js'
import { createAgent, createReducerOnly, databaseName, sessionId, storeSession } from './voice-agent.js'

/** This package as an app mounts it, but without the 2 s debounce, because the others have none. */
export function reduxVoiceAgent(): Engine {
  let storage: VoiceStorage
  let agent: ReturnType<typeof createAgent>
  let plain: Store
  let onSaved = () => {}

  return {
    seed: storeSession,
    async open(depth) {
      storage = createStorage({ databaseName, restore: depth })
      await storage.records.open(() => {})
    },
    async read() {
      return (await readSession(sessionId, storage.records, { version: 1 }))?.messages.length ?? 0
    },
    async start(depth) {
      agent = createAgent({ databaseName, restore: depth, debounceMs: 0, maxWaitMs: 1_000 }, [
        () => (next) => (action) => {
          const result = next(action)
          if (agent.voiceAgent.actions.snapshotSaved.match(action)) onSaved()
          return result
        },
      ])
      const { conversation } = await agent.voiceAgent.sessionManager.restoreSession(sessionId)
      if (conversation !== 'restored') throw new Error('The session was not restored.')
      plain = createReducerOnly(agent)
      return agent.voiceAgent.selectors.selectMessages(agent.store.getState()).length
    },
    save({ id, text, createdAt }) {
      const saved = new Promise<void>((resolve) => (onSaved = resolve))
      const { userTranscriptReceived } = agent.voiceAgent.actions
      agent.store.dispatch(userTranscriptReceived({ id, text, final: true, at: createdAt }))
      return saved
    },
    reduce({ id, text, createdAt }) {
      const { userTranscriptReceived } = agent.voiceAgent.actions
      plain.dispatch(userTranscriptReceived({ id, text, final: true, at: createdAt }))
    },
  }
}
