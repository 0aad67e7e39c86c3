import type { HandlerContext } from '../context.js'
import type { Persistence, SessionCatalogue } from '../persistence/ports.js'
import type { RestoreRequest, RestoringApi, TabIdentity } from './ports.js'
import type { Sessions } from './sessions.js'

export interface RestorePorts {
  records: Pick<SessionCatalogue, 'open'>
  sessions: Sessions
  tab: Pick<TabIdentity, 'claim'>
  persistence: Pick<Persistence, 'restore'>
}

/**
 * Opens the storage, whose code brings that of the restoration along: nothing more has to be loaded after it. Where there is none,
 * there is nothing to restore either.
 */
export function handleRestore(
  { actions, startListening, dispatch, disposed }: HandlerContext,
  { records, sessions, tab, persistence }: RestorePorts,
): void {
  /** What was asked for last: one that was asked for before it, and is still being read, is let go of. */
  let newest: string | null = null
  /** Who this tab is, and whether anything can be kept: once per page. */
  let prepared: Promise<{ isDuplicate: boolean }> | undefined
  const prepare = () => {
    prepared ??= (async () => {
      await records.open((storage, error) => dispatch(actions.storageStatusChanged({ storage, error })))
      // A page that is gone by now must not take the tab from the next one.
      disposed.throwIfAborted()
      const { tabId, isDuplicate } = await tab.claim()
      dispatch(actions.tabIdentified({ tabId }))
      return { isDuplicate }
    })()
    return prepared
  }

  async function restoreNothing({ sessionId }: RestoreRequest, { signal }: RestoringApi) {
    if (sessionId !== null) await sessions.ensure({ renew: false, signal }).catch(() => undefined)
    const outcome =
      sessionId === null
        ? ({ conversation: 'none', reason: 'no-session' } as const)
        : ({ conversation: 'failed', reason: 'session-missing' } as const)
    dispatch(actions.restoreSettled({ ...outcome, agent: 'none' }))
  }

  startListening({
    actionCreator: actions.restoreRequested,
    effect: async ({ payload }, api) => {
      api.cancelActiveListeners()
      newest = payload.sessionId
      if (payload.sessionId === null) dispatch(actions.restorePhaseChanged({ phase: 'checking-token' }))
      const { isDuplicate } = await api.pause(prepare())
      const tabNow = { isDuplicate, isWanted: (sessionId: string) => newest === sessionId }
      await (persistence.restore(payload, tabNow, api) ?? restoreNothing(payload, api))
    },
  })
}
