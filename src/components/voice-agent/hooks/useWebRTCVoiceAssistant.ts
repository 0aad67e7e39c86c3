import { useRef } from 'react'
import {
  type ConnectionStatus,
  type ConversationStatus,
  hasEarlierMessages,
  interimOf,
  isCallWanted,
  type Message,
  type MicrophoneState,
  type MirrorState,
  type RestoreState,
  type SessionStats,
  type StorageStatus,
  selectAllMessages,
  sessionStatsOf,
  type TalkMode,
  type VoiceAgentState,
  type VoiceError,
} from '../../../../store/index.js'
import { selectConnection } from '../selectors.js'
import { useAgentSource, useAgentState, type VoiceAssistantConfig } from './agent-source.js'
import type { VoiceAssistantCommands } from './commands.js'
import { useTick } from './time.js'

/** A voice agent's state and commands, for a component. */
export interface VoiceAssistant extends VoiceAssistantCommands {
  connectionState: ConnectionStatus
  /** True while the call connects, is connected or reconnects: offer `disconnect`, and otherwise `connect`. */
  isCallWanted: boolean
  conversationState: ConversationStatus
  /** The loaded messages, oldest first; the same array until one of them changes. */
  messages: readonly Message[]
  /** The last of `messages`, while the user is speaking it: its words may still change. */
  interimTranscript: Message | null
  /** Unsent text in the composer; empty if there is none. Set it with `setDraft`. */
  draft: string
  /** True if an earlier conversation was restored. */
  isSessionRestored: boolean
  /** The result of the restore, and the number of restored messages, which come first in the conversation. */
  restoration: RestoreState & { restoredCount: number }
  /** Updates every second during a call, in components that read it. */
  sessionStats: SessionStats
  /** The call's error, or else the session's. */
  error: VoiceError | null
  isMuted: boolean
  microphone: MicrophoneState
  /** How the user talks. Choose it with `setTalkMode`. */
  talk: TalkMode
  /** True if the browser needs a click before it plays sound: offer `resumePlayback`. */
  isPlaybackBlocked: boolean
  storageStatus: StorageStatus
  /** Another tab's conversation that this tab shows or offers, with `mirrorTabs()`, or null. `connect` moves it here. */
  mirror: MirrorState | null
  /** True if there are stored messages before the loaded ones: offer `loadEarlierMessages`. */
  hasEarlierMessages: boolean
  /** Time of the next reconnect attempt, in milliseconds since the epoch. */
  nextRetryAt: number | null
  /** Number of reconnect attempts since the connection was lost. */
  attempt: number
}

const selectConversation = (state: VoiceAgentState) => state.conversation
const selectSession = (state: VoiceAgentState) => state.session

/**
 * Returns a voice agent's state and commands. The functions are stable while the component is mounted, and never reject: failures
 * are in `error`.
 *
 * With options, the component creates an agent with its own store when it mounts, and disposes of both when it unmounts; later
 * options are ignored. With `{ agent }`, or inside a `<VoiceAgentProvider>`, the agent is the app's, and unmounting does not end the call.
 *
 * @throws VoiceAgentError `invalid-option` without a config or a provider; `not-mounted` if no store contains the agent.
 * @example
 * function Assistant() {
 *   const { isCallWanted, messages, connect, disconnect } = useWebRTCVoiceAssistant({ apiEndpoint: '/api/voice-agent' })
 *   return (
 *     <>
 *       <button onClick={isCallWanted ? disconnect : connect}>{isCallWanted ? 'Hang up' : 'Call'}</button>
 *       <ul>{messages.map((message) => <li key={message.id}>{message.text}</li>)}</ul>
 *     </>
 *   )
 * }
 */
export function useWebRTCVoiceAssistant(config?: VoiceAssistantConfig): VoiceAssistant {
  const { source, commands } = useAgentSource(config)
  // Selects three slices, because statistics change every second and few components read them.
  const connection = useAgentState(source, selectConnection)
  const conversation = useAgentState(source, selectConversation)
  const session = useAgentState(source, selectSession)

  const readsStats = useRef(false)
  const shouldTick = useRef(() => readsStats.current)
  useTick(connection.status === 'connected', shouldTick.current)
  let stats: SessionStats | undefined

  return {
    ...commands,
    connectionState: connection.status,
    isCallWanted: isCallWanted(connection.status),
    conversationState: conversation.status,
    messages: selectAllMessages(conversation),
    interimTranscript: interimOf(conversation),
    draft: conversation.draft,
    isSessionRestored: session.restore.conversation === 'restored',
    restoration: { ...session.restore, restoredCount: conversation.restoredCount },
    // A getter, so that only components that read it re-render every second.
    get sessionStats() {
      readsStats.current = true
      stats ??= sessionStatsOf(source.getState(), Date.now())
      return stats
    },
    error: connection.error ?? session.error,
    isMuted: connection.microphone === 'muted',
    microphone: connection.microphone,
    talk: connection.talk,
    isPlaybackBlocked: connection.playback === 'blocked',
    storageStatus: session.storage,
    mirror: session.mirror,
    hasEarlierMessages: hasEarlierMessages({ conversation, session }),
    nextRetryAt: connection.nextRetryAt,
    attempt: connection.attempt,
  }
}
