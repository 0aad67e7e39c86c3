/** Tells the next page of this tab that a call is likely. Only a hint: the stored session decides. */
export interface CallMark {
  isSet(): boolean
  set(isOn: boolean): void
}

/** @param databaseName Null without persistence: no call is restored then. */
export function createCallMark(databaseName: string | null, agent: string): CallMark {
  const name = `redux-voice-agent:${databaseName}:likely:${agent}`

  /** The browser may deny access, or be out of space. */
  function attempt<Result>(use: (area: Storage) => Result, otherwise: Result): Result {
    try {
      return databaseName !== null && globalThis.sessionStorage ? use(sessionStorage) : otherwise
    } catch {
      return otherwise
    }
  }

  return {
    isSet: () => attempt((area) => area.getItem(name) !== null, false),
    set: (isOn) => attempt((area) => (isOn ? area.setItem(name, '') : area.removeItem(name)), undefined),
  }
}
