import { expect, test } from 'vitest'
import {
  createVoiceAgentActions,
  createVoiceAgentReducer,
  toVoiceError,
  VoiceAgentError,
  type VoiceErrorCode,
} from '../../../store/index.js'

const actions = createVoiceAgentActions('voiceAgent')
const reducer = createVoiceAgentReducer(actions)

const storedBadly = (storage: 'memory' | 'degraded', code: VoiceErrorCode) =>
  reducer(
    reducer(undefined, { type: 'init' }),
    actions.storageStatusChanged({ storage, error: toVoiceError(new VoiceAgentError(code)) }),
  )

test('a storage failure stays reported when a session starts and when it ends', () => {
  const created = reducer(
    storedBadly('memory', 'storage-unavailable'),
    actions.sessionCreated({ id: 's1', at: 1 }),
  )
  expect(created.session.error).toMatchObject({ code: 'storage-unavailable' })
  const ended = reducer(created, actions.sessionEnded({ at: 2 }))
  expect(ended.session.error).toMatchObject({ code: 'storage-unavailable' })
})

test('an error of one session is not reported for the next', () => {
  const before = storedBadly('degraded', 'session-open-elsewhere')
  expect(reducer(before, actions.sessionCreated({ id: 's2', at: 1 })).session.error).toBeNull()
})

test('a lost database marks the whole session as unsaved, and without a session nothing', () => {
  const none = reducer(undefined, { type: 'init' })
  expect(reducer(none, actions.storageLost()).session.revision).toBe(none.session.revision)
  const some = reducer(none, actions.sessionCreated({ id: 's1', at: 1 }))
  expect(reducer(some, actions.storageLost()).session.revision).toBe(some.session.revision + 1)
})
