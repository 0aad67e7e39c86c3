import type { RestoreReason, VoiceAgentState } from '../../../store/index.js'
import { VoiceAgentError } from '../../../store/index.js'
import type { CommandNamed, Event } from '../../live/events.js'
import { withTimeout } from '../../waiting.js'

/** Milliseconds after which an unanswered permission query counts as denied. */
const PERMISSION_LIMIT_MS = 5_000

export type MicrophonePermission = 'granted' | 'prompt' | 'denied' | 'unknown'

export interface AutoReconnectPorts {
  autoReconnect: 'if-permitted' | 'always' | 'never'
  microphonePermission(): Promise<MicrophonePermission>
  present(): VoiceAgentState
  feed(event: Event): void
  reportUncaught(error: unknown): void
}

export interface AutoReconnect {
  /** Queries the permission in parallel with reading the database, because a call is likely to follow. */
  queryEarly(): void
  /** Discards that query, because no call follows. */
  discard(): void
  runners: { queryPermission(command: CommandNamed<'queryPermission'>): void }
}

/** Decides whether a restored call may start without a click. */
export function createAutoReconnect(ports: AutoReconnectPorts): AutoReconnect {
  let early: { permission: Promise<MicrophonePermission>; known: MicrophonePermission | null } | null = null

  return {
    queryEarly() {
      if (ports.autoReconnect !== 'if-permitted') return
      const query = { permission: ports.microphonePermission(), known: null as MicrophonePermission | null }
      early = query
      query.permission.then(
        (permission) => {
          query.known = permission
        },
        () => undefined,
      )
    },
    discard() {
      early = null
    },
    runners: {
      /** Answers synchronously if possible, so that the call starts before the app renders the restored conversation. */
      queryPermission({ jobId }) {
        const answer = (refusal: RestoreReason | null) =>
          ports.feed({ type: 'permissionKnown', jobId, refusal })
        const answerFor = (permission: MicrophonePermission) =>
          answer(permission === 'granted' ? null : 'microphone-not-permitted')
        const query = early
        early = null
        if (ports.autoReconnect === 'never') answer('reconnect-not-wanted')
        // A call without a microphone needs no permission.
        else if (ports.autoReconnect === 'always' || ports.present().connection.talk === 'text') answer(null)
        else if (query?.known) answerFor(query.known)
        else {
          const late = () =>
            new VoiceAgentError('internal', 'The browser did not say whether it allows a microphone.')
          withTimeout(PERMISSION_LIMIT_MS, query?.permission ?? ports.microphonePermission(), late)
            .catch(() => 'unknown' as const)
            .then(answerFor)
            .catch(ports.reportUncaught)
        }
      },
    },
  }
}
