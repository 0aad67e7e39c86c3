import { describe, expect, test } from 'vitest'
import {
  createVoiceAgentActions,
  createVoiceAgentReducer,
  type RehydratedSession,
} from '../../../store/index.js'

const actions = createVoiceAgentActions('voiceAgent')
const reducer = createVoiceAgentReducer('voiceAgent', actions)

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

describe('a session with chosen devices that is restored', () => {
  const before = [actions.tabIdentified({ tabId: 'tab' }), actions.connectRequested()]
  const restoredAfter = (...ended: Parameters<typeof reducer>[1][]) =>
    [...before, ...ended, actions.sessionRehydrated(stored)].reduce(
      reducer,
      reducer(undefined, { type: 'start' }),
    )

  test('brings them to a call that is being made', () => {
    expect(restoredAfter().connection).toMatchObject({ status: 'connecting', ...devices })
  })

  test('brings them after the call was ended meanwhile, and nothing of the call', () => {
    const { connection, session } = restoredAfter(actions.disconnectRequested())
    expect(session.id).toBe('s1')
    expect(connection).toMatchObject({ status: 'idle', isEnding: false, ...devices, isMuted: false })
  })
})
