import { toVoiceError } from '../../store/index.js'
import type { HandlerContext } from '../context.js'
import { rehydrate } from '../restore/rehydrate.js'
import { createRestoration } from '../restore/restoration.js'
import { handlePersistence } from './index.js'
import type { PageLifecycle, Persistence, PersistencePorts } from './ports.js'

/** Restores sessions, saves them, and reads what the store does not have of them. */
export function startPersistence(
  context: HandlerContext,
  ports: PersistencePorts & { page: PageLifecycle },
): Persistence {
  handleReturn(context, ports)
  handleEarlierMessages(context, ports)
  return { ...handlePersistence(context, ports), restore: createRestoration(context, ports) }
}

/** Another page of this tab may have gone on with the session while this one was in the back/forward cache. */
function handleReturn(
  context: HandlerContext,
  { records, page }: PersistencePorts & { page: PageLifecycle },
): void {
  const { selectors, getState, disposed } = context
  async function comeBack() {
    const { id } = selectors.selectSession(getState())
    const session = id === null ? null : await records.reloadIfNewer(id)
    if (session && !disposed.aborted) rehydrate(context, session)
  }
  const stopListening = page.onBfcacheRestore(() => void comeBack())
  disposed.addEventListener('abort', stopListening)
}

function handleEarlierMessages(
  { actions, selectors, startListening, dispatch, getState }: HandlerContext,
  { records }: PersistencePorts,
): void {
  startListening({
    actionCreator: actions.earlierMessagesRequested,
    effect: async () => {
      const { id } = selectors.selectSession(getState())
      const { firstLoadedIndex } = selectors.selectConversation(getState())
      if (id === null || firstLoadedIndex === 0) return
      try {
        const range = await records.readEarlier(id, firstLoadedIndex, 'newest')
        // Another session has taken its place, or the same part was asked for twice.
        if (selectors.selectSession(getState()).id !== id) return
        if (selectors.selectConversation(getState()).firstLoadedIndex !== firstLoadedIndex) return
        // Nothing comes before it but what was lost before: that is known already.
        if (range.messages.length > 0 || range.lost) dispatch(actions.earlierMessagesLoaded(range))
      } catch (error) {
        const { storage } = selectors.selectSession(getState())
        dispatch(actions.storageStatusChanged({ storage, error: toVoiceError(error, 'session-unreadable') }))
      }
    },
  })
}
