import { VoiceAgentError } from '../../store/index.js'
import type { HandlerContext } from '../context.js'
import type { StoredSession } from '../persistence/ports.js'

/** Puts a stored session into the store. */
export function rehydrate(
  { actions, selectors, dispatch, getState }: HandlerContext,
  { head, messages, firstLoadedIndex, revision, lost, warning }: StoredSession,
): void {
  const { id, createdAt, updatedAt, startedAt, endedAt, reconnectAttempts } = head
  const { tabId } = selectors.selectSession(getState())
  if (tabId === null)
    throw new VoiceAgentError('internal', 'A session was restored before the tab was known.')
  dispatch(
    actions.sessionRehydrated({
      id,
      tabId,
      createdAt,
      updatedAt,
      startedAt,
      endedAt,
      reconnectAttempts,
      messages: [...messages],
      firstLoadedIndex,
      revision,
      // Where somebody sits, and what is plugged in there, is the tab's.
      ...(head.devices && head.tabId === tabId ? { devices: head.devices } : {}),
      ...(lost ? { lost } : {}),
      ...(warning ? { warning } : {}),
    }),
  )
}
