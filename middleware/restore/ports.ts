/** Which tab this is. */
export interface TabIdentity {
  /** `isDuplicate`: sessionStorage was copied from a tab that is still there, so what it says is the other tab's. */
  claim(): Promise<{ tabId: string; isDuplicate: boolean }>
  release(): void
  /** Remembers, for the next page of this tab, whether a call was asked for that has no session yet. */
  wishForCall(isWanted: boolean): void
  /** Whether the page before this one left such a call: once. Asked after `claim`; a duplicated tab has no wish. */
  takeCallWish(): boolean
}
