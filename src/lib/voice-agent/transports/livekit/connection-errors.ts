import type { TransportEvent } from '../../../../../middleware/drivers/call/ports.js'
import { VoiceAgentError, type VoiceErrorCode } from '../../../../../store/index.js'
import { isRecord } from '../json-text.js'
import type { LiveKitClient } from './client.js'

/** True for a status that a retry with the same token can't change. */
const isRefusal = (status: unknown) => typeof status === 'number' && status >= 400 && status < 500

function codeOf({ ConnectionErrorReason }: LiveKitClient, reason: unknown, status: unknown): VoiceErrorCode {
  if (reason !== ConnectionErrorReason.NotAllowed) return 'signalling-unavailable'
  if (status === 401) return 'unauthorized'
  return isRefusal(status) ? 'signalling-rejected' : 'signalling-unavailable'
}

/** Translates a failed `room.connect`. The cause is left out, because LiveKit's errors may contain the URL with the token. */
export function toConnectError(client: LiveKitClient, thrown: unknown): VoiceAgentError {
  if (thrown instanceof VoiceAgentError) return thrown
  const { reason, reasonName, status } = isRecord(thrown) ? thrown : {}
  const name = typeof reasonName === 'string' ? reasonName : 'another error'
  const detail = typeof status === 'number' ? `${name}, status ${status}` : name
  return new VoiceAgentError(codeOf(client, reason, status), `Joining the LiveKit room failed: ${detail}.`)
}

/** Translates the server's reason for ending an established connection. */
export function toEndEvent({ DisconnectReason }: LiveKitClient, reason: unknown): TransportEvent {
  switch (reason) {
    case DisconnectReason.DUPLICATE_IDENTITY:
      return { type: 'agentLeft', reason: 'moved' }
    case DisconnectReason.PARTICIPANT_REMOVED:
    case DisconnectReason.ROOM_CLOSED:
    case DisconnectReason.ROOM_DELETED:
      return { type: 'agentLeft' }
    default:
      return { type: 'connectionState', state: 'closed' }
  }
}
