import { type KeyboardEvent, useEffect, useRef, useState } from 'react'
import { isCallWanted, type VoiceAgentState } from '../../../../store/index.js'
import { useBrowserLayoutEffect } from '../hooks/useAgentSource.js'
import { useConversationsOfSource } from '../hooks/useStoredConversations.js'
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

/** The conversation that is open here, if it has an id. */
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

/** Covers the transcript with the stored conversations. The user can open and delete them. */
export function ConversationsPanel({ id, trigger, close }: Panel) {
  const { source, texts } = usePanelView()
  const currentId = useViewState(selectSessionId)
  const isCallOn = useViewState(selectIsCallOn)
  const { status, earlier, open, remove, reload } = useConversationsOfSource(source, currentId)
  const today = useToday()
  const [feedback, setFeedback] = useState({ text: '', isError: false })
  const [deleting, setDeleting] = useState<string | null>(null)
  const section = useRef<HTMLElement | null>(null)
  const heading = useRef<HTMLHeadingElement | null>(null)
  const afterUnmount = useRef<(() => void) | null>(null)

  useBrowserLayoutEffect(() => heading.current?.focus({ preventScroll: true }), [])
  // After unmounting, because the transcript is hidden until then and can't take the focus.
  useEffect(() => () => afterUnmount.current?.(), [])

  const closeAndRestoreFocus = () => {
    close()
    trigger.current?.focus()
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Escape' || event.defaultPrevented || deleting !== null) return
    event.stopPropagation()
    closeAndRestoreFocus()
  }
  const openConversation = async (sessionId: string) => {
    const isOpen = await open(sessionId)
    // The previous conversation is still open, so no notice says why; the list must.
    if (!isOpen && currentId !== null && source.getState().session.id === currentId) {
      heading.current?.focus()
      return setFeedback({ text: texts.conversationNotOpened, isError: true })
    }
    const viewport = section.current?.parentElement?.querySelector<HTMLElement>('[data-rva-part="viewport"]')
    afterUnmount.current = () => viewport?.focus({ preventScroll: true })
    close()
  }
  const deleteConversation = async (sessionId: string) => {
    // Moves the focus, because the item that has it is removed.
    heading.current?.focus()
    const isGone = await remove(sessionId)
    const text = isGone ? texts.conversationDeleted : texts.conversationNotDeleted
    setFeedback({ text, isError: !isGone })
  }
  const isDeletedElsewhereToo = earlier.some((session) => session.id === deleting && session.isOpenElsewhere)
  const consequence =
    deleting === currentId && isCallOn
      ? texts.deleteEndsCall
      : isDeletedElsewhereToo
        ? texts.deleteElsewhere
        : ''

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
        <IconButton
          part="icon-button"
          icon={closeIcon}
          label={texts.backToConversation}
          onClick={closeAndRestoreFocus}
        />
      </div>
      {/* A success is only announced, because it is visible in the list. */}
      <p data-rva-part={feedback.isError ? 'conversations-note' : 'announcer'} role="status">
        {feedback.text}
      </p>
      <CurrentConversation onDelete={setDeleting} />
      <h4 data-rva-part="conversations-subtitle">{texts.earlierConversations}</h4>
      {status === 'loading' && <p data-rva-part="conversations-note">{texts.loadingEarlier}</p>}
      {status === 'failed' && (
        <p data-rva-part="conversations-note">
          {texts.conversationsFailed}
          <button type="button" data-rva-part="notice-action" onClick={reload}>
            <Icon drawing={retryIcon} />
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
              onOpen={() => void openConversation(session.id)}
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
          onConfirm={() => void deleteConversation(deleting)}
          onClose={() => setDeleting(null)}
        />
      )}
    </section>
  )
}
