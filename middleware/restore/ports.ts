import type { ListenerEffectAPI } from '@reduxjs/toolkit'
import type { VoiceAgentDispatch } from '../context.js'

/** Which session to bring back: null for the one that this tab's token belongs to. */
export interface RestoreRequest {
  sessionId: string | null
  /** False leaves the call off that was on when it was left. @default true */
  reconnect?: boolean
}

export type RestoringApi = ListenerEffectAPI<unknown, VoiceAgentDispatch>

/** What is known of a tab that restores. */
export interface RestoringTab {
  isDuplicate: boolean
  /** Whether this is the session that was asked for last. */
  isWanted(sessionId: string): boolean
}

/** Brings a session back, or says why not. Never rejects. */
export type RestoreSession = (request: RestoreRequest, tab: RestoringTab, api: RestoringApi) => Promise<void>

/** Which tab this is. */
export interface TabIdentity {
  /** `isDuplicate`: sessionStorage was copied from a tab that is still there, so what it says is the other tab's. */
  claim(): Promise<{ tabId: string; isDuplicate: boolean }>
  release(): void
  /** Remembers, for the next page of this tab, whether a call was asked for that has no session yet. */
  setPendingCall(isWanted: boolean): void
  /** Whether the page before this one left such a call: once. Asked after `claim`; a duplicated tab has no wish. */
  consumePendingCall(): boolean
}
