import { type KeyboardEvent, useEffect, useRef, useState } from 'react'
import { isCallWanted, type VoiceAgentState } from '../../../../store/index.js'
import { useBrowserLayoutEffect } from '../hooks/useAgentSource.js'
import { useStoredConversationsOf } from '../hooks/useStoredConversations.js'
import { useToday } from '../hooks/useToday.js'
import { Icon } from '../parts/Icon.js'
import { IconButton } from '../parts/IconButton.js'
import { closeIcon, retryIcon } from '../parts/icons.js'
import type { Panel } from '../parts/panel-context.js'
import { useViewState } from '../parts/view-context.js'
import { selectMessageCount, selectSessionId } from '../selectors.js'
import { ConfirmDialog } from './ConfirmDialog.js'
import { ConversationItem } from './ConversationItem.js'
import { binIcon } from './icons.js'
import { PanelStyles } from './PanelStyles.js'
import { usePanelView } from './view.js'

const selectIsCallOn = ({ connection }: VoiceAgentState) => isCallWanted(connection.status)

/** The conversation that is open here, while there is something in it. */
function CurrentConversation({ onDelete }: { onDelete: (id: string) => void }) {
  const { texts } = usePanelView()
  const id = useViewState(selectSessionId)
  const count = useViewState(selectMessageCount)
  if (id === null) return null
  return (
    <div data-rva-part="conversation" data-current="true">
      <p data-rva-part="conversation-open">
        <span data-rva-part="conversation-title">{texts.thisConversation}</span>
        <span data-rva-part="conversation-meta">{texts.messageCount(count)}</span>
      </p>
      <IconButton
        part="icon-button"
        icon={binIcon}
        label={texts.deleteConversation}
        onClick={() => onDelete(id)}
      />
    </div>
  )
}

/** The conversations that are stored in this browser, over the transcript: to open one, to delete one. */
export function ConversationsPanel({ id, trigger, close }: Panel) {
  const { source, texts } = usePanelView()
  const currentId = useViewState(selectSessionId)
  const isCallOn = useViewState(selectIsCallOn)
  const { status, earlier, open, remove, reload } = useStoredConversationsOf(source, currentId)
  const today = useToday()
  const [news, setNews] = useState({ text: '', isTrouble: false })
  const [deleting, setDeleting] = useState<string | null>(null)
  const section = useRef<HTMLElement | null>(null)
  const heading = useRef<HTMLHeadingElement | null>(null)
  const whenGone = useRef<(() => void) | null>(null)

  useBrowserLayoutEffect(() => heading.current?.focus({ preventScroll: true }), [])
  // The transcript can't take the focus before it is seen again.
  useEffect(() => () => whenGone.current?.(), [])

  const leave = () => {
    close()
    trigger.current?.focus()
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Escape' || event.defaultPrevented || deleting !== null) return
    event.stopPropagation()
    leave()
  }
  const openOne = async (sessionId: string) => {
    const isOpen = await open(sessionId)
    // What was open here still is: nothing outside the list would say why.
    if (!isOpen && currentId !== null && source.getState().session.id === currentId) {
      heading.current?.focus()
      return setNews({ text: texts.conversationNotOpened, isTrouble: true })
    }
    const viewport = section.current?.parentElement?.querySelector<HTMLElement>('[data-rva-part="viewport"]')
    whenGone.current = () => viewport?.focus({ preventScroll: true })
    close()
  }
  const deleteOne = async (sessionId: string) => {
    // What had the focus goes with it; the heading stays.
    heading.current?.focus()
    const isGone = await remove(sessionId)
    const text = isGone ? texts.conversationDeleted : texts.conversationNotDeleted
    setNews({ text, isTrouble: !isGone })
  }
  const isElsewhere = earlier.some((session) => session.id === deleting && session.isOpenElsewhere)
  const consequence =
    deleting === currentId && isCallOn ? texts.deleteEndsCall : isElsewhere ? texts.deleteElsewhere : ''

  return (
    <section
      data-rva-part="conversations"
      ref={section}
      id={id}
      aria-label={texts.conversations}
      onKeyDown={onKeyDown}
    >
      <PanelStyles />
      <div data-rva-part="conversations-head">
        <h3 data-rva-part="conversations-title" ref={heading} tabIndex={-1}>
          {texts.conversations}
        </h3>
        <IconButton part="icon-button" icon={closeIcon} label={texts.backToConversation} onClick={leave} />
      </div>
      {/* Success is seen in the list itself. */}
      <p data-rva-part={news.isTrouble ? 'conversations-note' : 'announcer'} role="status">
        {news.text}
      </p>
      <CurrentConversation onDelete={setDeleting} />
      <h4 data-rva-part="conversations-subtitle">{texts.earlierConversations}</h4>
      {status === 'loading' && <p data-rva-part="conversations-note">{texts.loadingEarlier}</p>}
      {status === 'failed' && (
        <p data-rva-part="conversations-note">
          {texts.conversationsFailed}
          <button type="button" data-rva-part="notice-action" onClick={reload}>
            <Icon of={retryIcon} />
            {texts.tryAgain}
          </button>
        </p>
      )}
      {status === 'ready' && earlier.length === 0 && (
        <p data-rva-part="conversations-note">{texts.noEarlierConversations}</p>
      )}
      {status === 'ready' && earlier.length > 0 && (
        <ul data-rva-part="conversations-list">
          {earlier.map((session) => (
            <ConversationItem
              key={session.id}
              session={session}
              today={today}
              onOpen={() => void openOne(session.id)}
              onDelete={() => setDeleting(session.id)}
            />
          ))}
        </ul>
      )}
      {deleting !== null && (
        <ConfirmDialog
          title={texts.deleteQuestion}
          text={`${texts.deleteMeans} ${consequence}`.trim()}
          confirm={texts.delete}
          onConfirm={() => void deleteOne(deleting)}
          onClose={() => setDeleting(null)}
        />
      )}
    </section>
  )
}
