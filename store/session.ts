import { createReducer } from '@reduxjs/toolkit'
import type { VoiceAgentActions } from './actions.js'
import type { VoiceError } from './errors.js'
import { toTitle } from './title.js'
import type {
  AgentContinuation,
  KeyProtection,
  LostMessages,
  MirrorState,
  RestorePhase,
  RestoreReason,
  StorageStatus,
} from './types.js'

/** Progress and result of restoring a conversation. */
export interface RestoreState {
  phase: RestorePhase
  conversation: 'none' | 'restored' | 'failed'
  agent: AgentContinuation | 'none'
  /** Why the session was not restored or not reconnected; null if both worked. */
  reason: RestoreReason | null
  /** Error of the restore, or a problem with the restored session. */
  error: VoiceError | null
  /** Messages of the restored conversation that could not be decrypted. */
  lost: LostMessages[]
}

/** State of the slice `session`: identity, token, storage and restore. Times are milliseconds since the epoch. */
export interface SessionState {
  /** Null before the first call. */
  id: string | null
  tabId: string | null
  createdAt: number | null
  /** Name that the user gave the conversation, or null. */
  title: string | null
  /** Counts every change or loss of persisted values. Only a snapshot above the last saved revision is written. */
  revision: number
  restore: RestoreState
  /** Null without a token. The token itself is not in the state. */
  tokenExpiresAt: number | null
  storage: StorageStatus
  /**
   * Protection of the key that encrypts the stored session: `wrapped` with your `keyProvider`, or `plain` in the browser profile.
   * Null without a session, or if nothing is stored.
   */
  keyProtection: KeyProtection | null
  /** Null before the first save. */
  lastSavedAt: number | null
  /** Last error of the storage or the session. */
  error: VoiceError | null
  /** Set while this tab shows another tab's conversation, or is offered one; always null without `redux-voice-agent/mirror`. */
  mirror: MirrorState | null
}

export const initialSession: SessionState = {
  id: null,
  tabId: null,
  createdAt: null,
  title: null,
  revision: 0,
  restore: { phase: 'idle', conversation: 'none', agent: 'none', reason: null, error: null, lost: [] },
  tokenExpiresAt: null,
  storage: 'memory',
  keyProtection: null,
  lastSavedAt: null,
  error: null,
  mirror: null,
}

/** Keeps a storage error for the next session, but drops an error that concerns only this session. */
const lastingError = ({ storage, error }: SessionState) => {
  if (error?.code === 'tab-storage-full') return error
  return storage === 'persistent' || error?.code.startsWith('session-') ? null : error
}

export function createSessionReducer(actions: VoiceAgentActions) {
  return createReducer(initialSession, (builder) => {
    builder
      .addCase(actions.tabIdentified, (state, { payload }) => {
        state.tabId = payload.tabId
      })
      .addCase(actions.restorePhaseChanged, (state, { payload }) => {
        state.restore.phase = payload.phase
      })
      .addCase(actions.restoreSettled, (state, { payload }) => {
        Object.assign(state.restore, payload, { phase: 'done' })
      })
      .addCase(actions.connectionEstablished, (state, { payload }) => {
        const { restore } = state
        // The restored call had no token at first, and has now connected.
        const isBack = restore.reason === 'token-expired' || restore.reason === 'token-refresh-failed'
        if (isBack) restore.reason = null
        // Every reconnect updates whether the agent remembers. The first call of a session has nothing to remember.
        if (isBack || restore.agent !== 'none' || payload.agent !== 'fresh') restore.agent = payload.agent
      })
      .addCase(actions.sessionCreated, (state, { payload }) => {
        state.id = payload.id
        state.createdAt = payload.at
        state.title = null
        state.keyProtection = payload.keyProtection ?? null
        state.lastSavedAt = null
        state.mirror = null
        state.error = lastingError(state)
      })
      .addCase(actions.sessionRehydrated, (state, { payload }) => {
        state.id = payload.id
        state.createdAt = payload.createdAt
        state.title = toTitle(payload.title)
        state.keyProtection = payload.keyProtection ?? null
        state.lastSavedAt = payload.updatedAt ?? null
        state.mirror = null
        state.tokenExpiresAt = payload.tokenExpiresAt ?? state.tokenExpiresAt
        state.revision = Math.max(state.revision, payload.revision)
        state.restore.conversation = 'restored'
        state.restore.lost = payload.lost ?? []
        state.restore.error = payload.warning ?? null
        state.error = lastingError(state)
      })
      .addCase(actions.sessionRenamed, (state, { payload }) => {
        state.title = toTitle(payload.title)
      })
      .addCase(actions.earlierMessagesLoaded, (state, { payload }) => {
        if (payload.lost) state.restore.lost.unshift(...payload.lost)
      })
      .addCase(actions.sessionEnded, (state) => ({
        ...initialSession,
        tabId: state.tabId,
        revision: state.revision,
        storage: state.storage,
        error: lastingError(state),
        restore: { ...initialSession.restore, phase: 'done' },
      }))
      .addCase(actions.agentReset, (state, { payload }) => ({
        ...initialSession,
        tabId: payload.tabId,
        storage: payload.storage,
        error: payload.error,
        revision: Math.max(state.revision, payload.revision),
        restore: { ...initialSession.restore, phase: 'done' },
      }))
      .addCase(actions.tokenRefreshed, (state, { payload }) => {
        state.tokenExpiresAt = payload.expiresAt
      })
      .addCase(actions.sessionExpired, (state) => {
        state.tokenExpiresAt = null
      })
      .addCase(actions.storageStatusChanged, (state, { payload }) => {
        state.storage = payload.storage
        state.error = payload.error
      })
      .addCase(actions.storageLost, (state) => {
        // Forces the storage to save everything again.
        if (state.id !== null) state.revision++
      })
      .addCase(actions.snapshotSaved, (state, { payload }) => {
        state.lastSavedAt = payload.at
        if (payload.keyProtection !== undefined) state.keyProtection = payload.keyProtection
      })
  })
}
