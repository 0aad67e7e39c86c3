import { useRef } from 'react'
import {
  type ConnectionStatus,
  type ConversationStatus,
  createVoiceAgentSelectors,
  hasEarlierMessages,
  type InterimTranscript,
  type Message,
  type MicrophoneState,
  type RestoreState,
  type SessionStats,
  type StorageStatus,
  type VoiceAgentState,
  type VoiceError,
} from '../../../../store/index.js'
import { selectAllMessages } from '../../../../store/messages.js'
import { selectConnection } from '../selectors.js'
import type { VoiceAssistantCommands } from './commands.js'
import { useAgentSource, type VoiceAssistantConfig } from './useAgentSource.js'
import { useAgentState } from './useAgentState.js'
import { useTick } from './useTick.js'

/** A voice agent as a component sees it. */
export interface VoiceAssistant extends VoiceAssistantCommands {
  connectionState: ConnectionStatus
  conversationState: ConversationStatus
  /** Those loaded, oldest first; the same array until one of them changes. */
  messages: readonly Message[]
  /** What the user is saying right now; its `id` becomes that of the message. */
  interimTranscript: InterimTranscript | null
  /** Whether an earlier conversation was brought back. */
  isSessionRestored: boolean
  /** How restoring went, and how many of the conversation's first messages it brought back. */
  restoration: RestoreState & { restoredCount: number }
  /** Kept up to date to the second during a call, in components that read it. */
  sessionStats: SessionStats
  /** The call's error, else the session's. */
  error: VoiceError | null
  isMuted: boolean
  microphone: MicrophoneState
  /** The browser wants a click before it plays sound: offer `resumePlayback`. */
  isPlaybackBlocked: boolean
  storageStatus: StorageStatus
  /** There are stored messages from before those loaded: offer `loadEarlierMessages`. */
  hasEarlierMessages: boolean
  /** When the next attempt to reconnect is due, in milliseconds since the epoch. */
  nextRetryAt: number | null
  /** Attempts to reconnect since the call was last there. */
  attempt: number
}

const selectConversation = (state: VoiceAgentState) => state.conversation
const selectSession = (state: VoiceAgentState) => state.session
const { selectSessionStats } = createVoiceAgentSelectors('voiceAgent')

/**
 * A voice agent in a component: its state, and what it can be asked for. The functions stay the same ones for as long as
 * the component is mounted, and never reject: what goes wrong is in `error`.
 *
 * With options, the agent and its store are the component's own: made when it mounts, disposed of when it unmounts; the
 * options are read when it mounts. With `{ agent }`, or inside a `<VoiceAgentProvider>`, it is the app's, and unmounting
 * leaves the call alone.
 *
 * @throws VoiceAgentError `invalid-option` without config and provider; `not-mounted` when the agent is in no store.
 * @example
 * function Assistant() {
 *   const { connectionState, messages, connect, disconnect } = useWebRTCVoiceAssistant({ apiEndpoint: '/api/voice-agent' })
 *   const isOn = connectionState === 'connected'
 *   return (
 *     <>
 *       <button onClick={isOn ? disconnect : connect}>{isOn ? 'Hang up' : 'Call'}</button>
 *       <ul>{messages.map((message) => <li key={message.id}>{message.text}</li>)}</ul>
 *     </>
 *   )
 * }
 */
export function useWebRTCVoiceAssistant(config?: VoiceAssistantConfig): VoiceAssistant {
  const { source, commands } = useAgentSource(config)
  // One by one: statistics change every second, and are read by few.
  const connection = useAgentState(source, selectConnection)
  const conversation = useAgentState(source, selectConversation)
  const session = useAgentState(source, selectSession)

  const readsStats = useRef(false)
  const isWanted = useRef(() => readsStats.current)
  useTick(connection.status === 'connected', isWanted.current)
  let stats: SessionStats | undefined

  return {
    ...commands,
    connectionState: connection.status,
    conversationState: conversation.status,
    messages: selectAllMessages(conversation),
    interimTranscript: conversation.interim,
    isSessionRestored: session.restore.conversation === 'restored',
    restoration: { ...session.restore, restoredCount: conversation.restoredCount },
    // Read, it makes the component render every second of a call; so only then.
    get sessionStats() {
      readsStats.current = true
      stats ??= selectSessionStats({ voiceAgent: source.getState() }, Date.now())
      return stats
    },
    error: connection.error ?? session.error,
    isMuted: connection.microphone === 'muted',
    microphone: connection.microphone,
    isPlaybackBlocked: connection.playback === 'blocked',
    storageStatus: session.storage,
    hasEarlierMessages: hasEarlierMessages({ conversation, session }),
    nextRetryAt: connection.nextRetryAt,
    attempt: connection.attempt,
  }
}
