import { describe, expect, test } from 'vitest'
import {
  createVoiceAgentActions,
  createVoiceAgentReducer,
  type RehydratedSession,
} from '../../../store/index.js'

const actions = createVoiceAgentActions('voiceAgent')
const reducer = createVoiceAgentReducer(actions)

const devices = {
  microphoneId: 'headset',
  speakerId: null,
  volume: 0.5,
  isMuted: true,
  talk: 'push-to-talk' as const,
}
const stored: RehydratedSession = {
  id: 's1',
  tabId: 'tab',
  createdAt: 1,
  revision: 7,
  startedAt: null,
  endedAt: null,
  reconnectAttempts: 0,
  messages: [],
  firstLoadedIndex: 0,
  devices,
}

describe('a restored session with chosen devices', () => {
  const before = [actions.tabIdentified({ tabId: 'tab' }), actions.connectRequested()]
  const restoredAfter = (...ended: Parameters<typeof reducer>[1][]) =>
    [...before, ...ended, actions.sessionRehydrated(stored)].reduce(
      reducer,
      reducer(undefined, { type: 'start' }),
    )

  test('applies them to a call that is being set up', () => {
    expect(restoredAfter().connection).toMatchObject({ status: 'connecting', ...devices })
  })

  test('applies them after the call was ended meanwhile, and restores nothing of the call', () => {
    const { connection, session } = restoredAfter(actions.disconnectRequested())
    expect(session.id).toBe('s1')
    expect(connection).toMatchObject({ status: 'idle', isEnding: false, ...devices, isMuted: false })
  })
})

describe('an error at the end of an interruption', () => {
  const error = (code: 'microphone-ended' | 'connection-lost') => ({ code, message: '', recoverable: true })
  const establish = actions.connectionEstablished({ connectionId: 'c2', at: 2, agent: 'resumed' })
  const begun = [
    actions.tabIdentified({ tabId: 'tab' }),
    actions.connectRequested(),
    actions.connectionAttempted({ connectionId: 'c2', attempt: 0, at: 1 }),
  ]
  const endOf = (...more: Parameters<typeof reducer>[1][]) =>
    [...begun, ...more, establish].reduce(reducer, reducer(undefined, { type: 'start' })).connection

  test('is cleared, even if the microphone is still failing', () => {
    const lost = endOf(
      actions.microphoneChanged({ microphone: 'ended', error: error('microphone-ended') }),
      establish,
      actions.connectionInterrupted({ connectionId: 'c2', error: error('connection-lost'), at: 1 }),
    )
    expect(lost).toMatchObject({ status: 'connected', microphone: 'ended', error: null })
  })

  test('stays if it belongs to the microphone', () => {
    const { error: kept } = endOf(
      actions.microphoneChanged({ microphone: 'ended', error: error('microphone-ended') }),
    )
    expect(kept?.code).toBe('microphone-ended')
  })
})
