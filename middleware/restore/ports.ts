/** Which tab this is. */
export interface TabIdentity {
  /** `isDuplicate`: sessionStorage was copied from a tab that is still there, so what it says is the other tab's. */
  claim(): Promise<{ tabId: string; isDuplicate: boolean }>
  release(): void
}
