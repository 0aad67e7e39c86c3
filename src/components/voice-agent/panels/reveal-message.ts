import { findRecent, hasEarlierMessages } from '../../../../store/index.js'
import type { AgentSource } from '../hooks/agent-source.js'
import type { AssistantView } from '../parts/view-context.js'

/** Milliseconds to wait for idle rendering to reach a message far up. */
const RENDERED_WITHIN_MS = 5000

/** Loads earlier messages of the open conversation until the given one is loaded. Resolves to false if it can't be. */
export async function loadMessage({ agent, getState }: AgentSource, messageId: string): Promise<boolean> {
  for (;;) {
    const state = getState()
    if (findRecent(state.conversation.messages, messageId)) return true
    const { messages } = state.conversation
    if ([...messages.full.flat(), ...messages.tail].some(({ id }) => id === messageId)) return true
    if (!hasEarlierMessages(state)) return false
    const { firstLoadedIndex } = state.conversation
    await agent?.loadEarlierMessages()
    if (getState().conversation.firstLoadedIndex >= firstLoadedIndex) return false
  }
}

/** Resolves to a message's element once it is rendered, or to null. */
function findTurn(viewport: HTMLElement, messageId: string): Promise<HTMLElement | null> {
  const find = () => viewport.querySelector<HTMLElement>(`[data-message="${CSS.escape(messageId)}"]`)
  return new Promise((resolve) => {
    const finish = () => {
      observer.disconnect()
      clearTimeout(timer)
      resolve(find())
    }
    const observer = new MutationObserver(() => find() && finish())
    const timer = setTimeout(finish, RENDERED_WITHIN_MS)
    observer.observe(viewport, { childList: true, subtree: true })
    if (find()) finish()
  })
}

/** Brings a loaded message into view once it is rendered, and focuses it. */
export async function revealMessage(
  { transcript }: AssistantView,
  viewport: HTMLElement,
  messageId: string,
): Promise<void> {
  const turn = await findTurn(viewport, messageId)
  if (!turn) return
  turn.tabIndex = -1
  turn.addEventListener('blur', () => turn.removeAttribute('tabindex'), { once: true })
  transcript.current?.reveal(turn)
  turn.focus({ preventScroll: true })
}
