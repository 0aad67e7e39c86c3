import type { TransportEvent } from '../../../../../middleware/drivers/call/ports.js'
import { toVoiceError, VoiceAgentError } from '../../../../../store/index.js'
import { readJson } from '../json-text.js'
import { fieldOf, readFields, textOf } from './protobuf.js'

/** Topic of the byte streams in which LiveKit Agents reports its session. */
export const SESSION_TOPIC = 'lk.agent.session'

/** Text of an agent's message, and if the user interrupted it. */
export interface SpokenMessage {
  text: string
  isInterrupted: boolean
}

/** Field and enum numbers, from `livekit_agent_session.proto` in LiveKit's protocol 1.52. */
const message = { event: 3 } as const
const event = {
  userStateChanged: 11,
  conversationItemAdded: 12,
  error: 15,
  toolExecutionUpdated: 22,
} as const
const chatMessage = { role: 2, content: 3, interrupted: 4 } as const
const roles = { assistant: 3 } as const
const userStates = { speaking: 0, listening: 1 } as const
const functionCall = { callId: 2, arguments: 3, name: 4 } as const
const toolEnded = { callId: 2, status: 4 } as const
const toolStatuses = { error: 2, cancelled: 3 } as const

function readMessage(item: Uint8Array): SpokenMessage | null {
  const said = fieldOf(item, 1)?.bytes
  if (!said || fieldOf(said, chatMessage.role)?.value !== roles.assistant) return null
  const parts = [...readFields(said)].filter(({ number }) => number === chatMessage.content)
  return {
    text: parts.map(({ bytes }) => textOf(bytes, 1)).join('\n'),
    isInterrupted: fieldOf(said, chatMessage.interrupted)?.value === 1,
  }
}

/**
 * Translates the session events of one connection: the user's speech, the agent's own tools, and interrupted answers.
 * Ignores everything else, because the room's transcriptions and attributes contain it.
 *
 * @param isAppsTool Returns true for a tool that the agent calls over RPC, where it is reported.
 */
export function createSessionReader(
  emit: (event: TransportEvent) => void,
  onMessage: (message: SpokenMessage) => void,
  isAppsTool: (name: string) => boolean,
) {
  const shown = new Set<string>()
  let isUserSpeaking = false

  function onUserState(state: number | undefined) {
    // Protobuf omits the number 0.
    const isSpeaking = (state ?? userStates.speaking) === userStates.speaking
    if (isSpeaking === isUserSpeaking) return
    isUserSpeaking = isSpeaking
    emit({ type: isSpeaking ? 'userSpeechStarted' : 'userSpeechStopped' })
  }

  function onTool(update: Uint8Array) {
    const started = fieldOf(update, 1)?.bytes
    const call = started && fieldOf(started, 1)?.bytes
    if (call) {
      const name = textOf(call, functionCall.name)
      if (isAppsTool(name)) return
      const toolCallId = textOf(call, functionCall.callId)
      shown.add(toolCallId)
      const given = readJson(textOf(call, functionCall.arguments)) ?? {}
      emit({ type: 'toolCallStarted', toolCallId, name, arguments: given })
    }
    const ended = fieldOf(update, 4)?.bytes
    if (!ended) return
    const toolCallId = textOf(ended, toolEnded.callId)
    const status = fieldOf(ended, toolEnded.status)?.value
    if (shown.delete(toolCallId))
      emit({
        type: 'toolCallStopped',
        toolCallId,
        cancelled: status === toolStatuses.cancelled,
        failed: status === toolStatuses.error,
      })
  }

  /** @throws RangeError if the bytes are not a message. */
  return function read(bytes: Uint8Array) {
    const reported = fieldOf(bytes, message.event)?.bytes
    if (!reported) return
    for (const { number, bytes } of readFields(reported)) {
      if (number === event.userStateChanged) onUserState(fieldOf(bytes, 2)?.value)
      if (number === event.toolExecutionUpdated) onTool(bytes)
      if (number === event.error) {
        const error = toVoiceError(new VoiceAgentError('agent-error'))
        emit({ type: 'agentErrorReported', error, fatal: false })
      }
      if (number !== event.conversationItemAdded) continue
      const item = fieldOf(bytes, 1)?.bytes
      const said = item && readMessage(item)
      if (said) onMessage(said)
    }
  }
}
