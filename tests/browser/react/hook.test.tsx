import { useWebRTCVoiceAssistant, type VoiceAssistant } from 'redux-voice-agent/react'
import { expect, test, vi } from 'vitest'
import { mountAgent, pastMessages, render } from './support.js'

/** A component that shows nothing, and what its hook returned last. */
function watchHook(messages = pastMessages(0)) {
  const mounted = mountAgent(messages, { reconnect: () => 60_000 })
  const shown: { assistant?: VoiceAssistant } = {}
  function Watch() {
    shown.assistant = useWebRTCVoiceAssistant()
    return null
  }
  render(mounted.inApp(<Watch />))
  const assistant = () => {
    if (!shown.assistant) throw new Error('The component has not rendered yet.')
    return shown.assistant
  }
  /** Waits until the hook has returned this. */
  const returns = (fields: Partial<Record<keyof VoiceAssistant, unknown>>) =>
    vi.waitFor(() => expect({ ...assistant() }).toMatchObject(fields))
  return { ...mounted, assistant, returns }
}

test('without a session, the hook returns an empty conversation and no call', async () => {
  const { returns } = watchHook()
  await returns({
    connectionState: 'idle',
    isCallWanted: false,
    conversationState: 'idle',
    messages: [],
    interimTranscript: null,
    draft: '',
    isSessionRestored: false,
    restoration: expect.objectContaining({ conversation: 'none', agent: 'none', restoredCount: 0 }),
    sessionStats: expect.objectContaining({ isActive: false, sessionId: null, messageCount: 0 }),
    error: null,
    isMuted: false,
    microphone: 'off',
    talk: 'hands-free',
    isPlaybackBlocked: false,
    storageStatus: 'memory',
    mirror: null,
    hasEarlierMessages: false,
    nextRetryAt: null,
    attempt: 0,
  })
})

test('the hook returns a restored session', async () => {
  const messages = pastMessages(3)
  const { returns, store, voiceAgent } = watchHook(messages)
  const { actions } = voiceAgent
  // The page's own restore, which finds nothing, must not come later.
  await returns({ restoration: expect.objectContaining({ phase: 'done', conversation: 'none' }) })
  store.dispatch(
    actions.restoreSettled({ conversation: 'restored', agent: 'none', reason: 'call-had-ended' }),
  )
  await returns({
    messages,
    isSessionRestored: true,
    restoration: expect.objectContaining({
      phase: 'done',
      conversation: 'restored',
      reason: 'call-had-ended',
      restoredCount: 3,
    }),
    sessionStats: expect.objectContaining({ sessionId: 'earlier', messageCount: 3 }),
    hasEarlierMessages: false,
  })
  store.dispatch(
    actions.sessionRehydrated({
      id: 'earlier',
      tabId: 'tab',
      createdAt: 0,
      revision: 2,
      startedAt: null,
      endedAt: null,
      reconnectAttempts: 0,
      messages,
      firstLoadedIndex: 64,
    }),
  )
  await returns({ hasEarlierMessages: true, sessionStats: expect.objectContaining({ messageCount: 67 }) })
})

test('the hook returns the call, and what the user is doing in it', async () => {
  const { returns, assistant, transport } = watchHook()
  await returns({ connectionState: 'idle' })
  await assistant().connect()
  await returns({
    connectionState: 'connected',
    isCallWanted: true,
    sessionStats: expect.objectContaining({ isActive: true, sessionId: 'agent-session' }),
  })
  assistant().setTalkMode('push-to-talk')
  assistant().setDraft('Not sent')
  transport.emit({ type: 'microphoneChanged', microphone: 'muted' })
  transport.emit({ type: 'playbackChanged', playback: 'blocked' })
  transport.emit({ type: 'userSpeechStarted' })
  transport.emit({ type: 'userTranscriptReceived', text: 'Two', final: false })
  await returns({
    conversationState: 'listening',
    interimTranscript: expect.objectContaining({ text: 'Two', status: 'streaming' }),
    draft: 'Not sent',
    isMuted: true,
    microphone: 'muted',
    talk: 'push-to-talk',
    isPlaybackBlocked: true,
  })
  transport.emit({ type: 'connectionState', state: 'closed' })
  await returns({
    connectionState: 'reconnecting',
    isCallWanted: true,
    attempt: 1,
    nextRetryAt: expect.any(Number),
    sessionStats: expect.objectContaining({ reconnectAttempts: 1 }),
  })
})

test("the hook returns the storage's status and error, and the call's error before it", async () => {
  const { returns, store, voiceAgent, transport } = watchHook()
  await voiceAgent.agent.connect()
  const full = { code: 'storage-quota', message: 'The disk is full.', recoverable: true } as const
  store.dispatch(voiceAgent.actions.storageStatusChanged({ storage: 'degraded', error: full }))
  await returns({ storageStatus: 'degraded', error: full })
  const failed = { code: 'agent-error', message: 'The agent failed.', recoverable: true } as const
  transport.emit({ type: 'agentErrorReported', error: failed, fatal: false })
  await returns({ storageStatus: 'degraded', error: expect.objectContaining({ code: 'agent-error' }) })
})
