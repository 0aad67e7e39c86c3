import { type KeyboardEvent, useEffect, useRef, useState } from 'react'
import type { FoundMessage, SessionSummary } from '../../../../middleware/drivers/storage/ports.js'
import { useBrowserLayoutEffect } from '../hooks/agent-source.js'
import { useToday } from '../hooks/time.js'
import { useConversationTitles } from '../hooks/useConversationTitles.js'
import { useConversationsOfSource } from '../hooks/useStoredConversations.js'
import { IconButton } from '../parts/IconButton.js'
import { closeIcon, Icon, retryIcon } from '../parts/icons.js'
import { closeOnEscape, type Panel } from '../parts/panel-context.js'
import { useViewState } from '../parts/view-context.js'
import { selectIsCallOn, selectSessionId } from '../selectors.js'
import { ConversationDialogs, type ConversationQuestion } from './ConversationDialogs.js'
import { ConversationItem, titleOf } from './ConversationItem.js'
import { CurrentConversation, TextActions } from './CurrentConversation.js'
import { uploadIcon } from './icons.js'
import { PanelStyles } from './PanelStyles.js'
import { ReadOnlyConversation } from './ReadOnlyConversation.js'
import { loadMessage, revealMessage } from './reveal-message.js'
import { SearchResults } from './SearchResults.js'
import { type Phrase, usePanelView } from './view.js'

/** Share of the quota from which the note is shown. */
const ALMOST_FULL = 0.9

interface Feedback {
  say: Phrase
  isError: boolean
}

const noFeedback: Feedback = { say: () => '', isError: false }
const success = (say: Phrase): Feedback => ({ say, isError: false })
const failure = (say: Phrase): Feedback => ({ say, isError: true })

/** Warns that the browser's storage is almost full. */
function StorageNote() {
  const { source, texts } = usePanelView()
  const [share, setShare] = useState<number | null>(null)
  useEffect(() => {
    let isOver = false
    async function measure() {
      try {
        const usage = await source.agent?.sessionManager.storageUsage({ sessionIds: [] })
        if (isOver || !usage?.quotaBytes || usage.usedBytes === null) return
        setShare(usage.usedBytes / usage.quotaBytes)
      } catch {
        // Without storage, nothing can fill up.
      }
    }
    void measure()
    const stop = source.agent?.on('storageAlmostFull', () => void measure())
    return () => {
      isOver = true
      stop?.()
    }
  }, [source])
  if (share === null || share < ALMOST_FULL) return null
  return (
    <p data-rva-part="conversations-note" role="status">
      {texts.storageAlmostFull(share)}
    </p>
  )
}

/** Covers the transcript with the stored conversations, which the user can open and delete. */
export function ConversationsPanel(panel: Panel) {
  const { id, trigger, close } = panel
  const view = usePanelView()
  const { source, texts } = view
  const currentId = useViewState(selectSessionId)
  const isCallOn = useViewState(selectIsCallOn)
  const list = useConversationsOfSource(source, currentId)
  const { status, earlier, hasMore, loadMore, open, rename, remove, reload } = list
  const titles = useConversationTitles(source, earlier)
  const today = useToday()
  const [feedback, setFeedback] = useState(noFeedback)
  const [question, setQuestion] = useState<ConversationQuestion | null>(null)
  const [reading, setReading] = useState<SessionSummary | null>(null)
  const [query, setQuery] = useState('')
  /** Index of the item to focus once it is rendered. */
  const nextItem = useRef<{ index: number; isAdded: boolean } | null>(null)
  const section = useRef<HTMLElement | null>(null)
  const heading = useRef<HTMLHeadingElement | null>(null)
  const afterUnmount = useRef<(() => void) | null>(null)

  useBrowserLayoutEffect(() => heading.current?.focus({ preventScroll: true }), [])
  // Runs after unmounting, because the transcript is hidden until then and can't be focused.
  useEffect(() => () => afterUnmount.current?.(), [])

  const closeAndRestoreFocus = () => {
    close()
    trigger.current?.focus()
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Escape' || event.defaultPrevented || question) return
    if (!reading) return closeOnEscape(event, panel)
    event.preventDefault()
    event.stopPropagation()
    backToList()
  }
  const backToList = () => {
    const { id: readId } = reading ?? {}
    setReading(null)
    const index = earlier.findIndex((session) => session.id === readId)
    nextItem.current = { index, isAdded: false }
  }
  const showMore = async () => {
    nextItem.current = { index: earlier.length, isAdded: true }
    await loadMore()
  }
  // Moves focus to the first added item, because the button may disappear with the last page.
  useEffect(() => {
    if (reading || nextItem.current === null) return
    const { index, isAdded } = nextItem.current
    const items = section.current?.querySelectorAll<HTMLElement>('li [data-rva-part="conversation-open"]')
    if (index >= 0 && !items?.[index]) return
    nextItem.current = null
    if (index < 0) heading.current?.focus()
    else items?.[index]?.focus()
    const added = earlier.length - index
    if (isAdded) setFeedback(success((latest) => latest.conversationsAdded(added)))
  }, [earlier, reading])
  const findViewport = () =>
    section.current?.parentElement?.querySelector<HTMLElement>('[data-rva-part="viewport"]')
  const openConversation = async (sessionId: string) => {
    setReading(null)
    const isOpen = await open(sessionId)
    // The previous conversation is still open, so no notice explains the failure. The list must.
    if (!isOpen && currentId !== null && source.getState().session.id === currentId) {
      heading.current?.focus()
      return setFeedback(failure((latest) => latest.conversationNotOpened))
    }
    const viewport = findViewport()
    afterUnmount.current = () => viewport?.focus({ preventScroll: true })
    close()
  }
  const openFound = async ({ sessionId, message }: FoundMessage) => {
    const listed = earlier.find((session) => session.id === sessionId)
    if (listed?.isOpenElsewhere) return setReading(listed)
    const viewport = findViewport()
    if (sessionId !== currentId && !(await open(sessionId))) {
      heading.current?.focus()
      return setFeedback(failure((latest) => latest.conversationNotOpened))
    }
    if (!(await loadMessage(source, message.id)))
      return setFeedback(failure((latest) => latest.messageNotFound))
    afterUnmount.current = () => {
      viewport?.focus({ preventScroll: true })
      if (viewport) void revealMessage(view, viewport, message.id)
    }
    close()
  }
  const deleteConversation = async (sessionId: string) => {
    // Moves focus away from the item, which is about to be removed.
    heading.current?.focus()
    const isGone = await remove(sessionId)
    if (isGone) setFeedback(success((latest) => latest.conversationDeleted))
    else setFeedback(failure((latest) => latest.conversationNotDeleted))
  }
  const renameConversation = async (sessionId: string, title: string) => {
    const isSaved = await rename(sessionId, title)
    // The form itself reports a failure.
    if (isSaved) setFeedback(success((latest) => latest.conversationRenamed))
    return isSaved
  }
  const askToExport = (sessionId: string) => setQuestion({ about: 'export', sessionId })
  const askToDelete = (sessionId: string) => setQuestion({ about: 'delete', sessionId })
  const deleting = question?.about === 'delete' ? question.sessionId : null
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
      {reading ? (
        <ReadOnlyConversation
          sessionId={reading.id}
          title={titleOf(reading, texts.locale, today)}
          onBack={backToList}
          onOpen={() => void openConversation(reading.id)}
        />
      ) : (
        <>
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
          {/* A success is only announced, because the list already shows it. */}
          <p data-rva-part={feedback.isError ? 'conversations-note' : 'announcer'} role="status">
            {feedback.say(texts)}
          </p>
          <StorageNote />
          <input
            type="search"
            data-rva-part="dialog-input"
            aria-label={texts.search}
            placeholder={texts.search}
            autoComplete="off"
            spellCheck={false}
            dir={query === '' ? undefined : 'auto'}
            value={query}
            onChange={({ target }) => setQuery(target.value)}
            onKeyDown={(event) => {
              if (event.key !== 'Escape' || query === '') return
              // Clears the field; the next Escape closes the panel.
              event.preventDefault()
              event.stopPropagation()
              setQuery('')
            }}
          />
          {query.trim() !== '' ? (
            <SearchResults query={query} onOpen={(found) => void openFound(found)} />
          ) : (
            <>
              <CurrentConversation
                onRename={renameConversation}
                onExport={askToExport}
                onDelete={askToDelete}
              />
              <TextActions onDone={(say, isError) => setFeedback({ say, isError })} />
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
                      words={titles.get(session.id)}
                      today={today}
                      onOpen={() => {
                        const { id: sessionId, isOpenElsewhere } = session
                        if (!isOpenElsewhere) return void openConversation(sessionId)
                        setFeedback(noFeedback)
                        setReading(session)
                      }}
                      onRename={(title) => renameConversation(session.id, title)}
                      onExport={() => askToExport(session.id)}
                      onDelete={() => askToDelete(session.id)}
                    />
                  ))}
                </ul>
              )}
              {status === 'ready' && hasMore && (
                <button type="button" data-rva-part="load-earlier" onClick={() => void showMore()}>
                  {texts.moreConversations}
                </button>
              )}
              <button
                type="button"
                data-rva-part="load-earlier"
                onClick={() => setQuestion({ about: 'import' })}
              >
                <Icon drawing={uploadIcon} />
                {texts.importConversation}
              </button>
            </>
          )}
        </>
      )}
      <ConversationDialogs
        question={question}
        consequence={consequence}
        onDelete={(sessionId) => void deleteConversation(sessionId)}
        onDone={(say) => setFeedback(success(say))}
        onClose={() => setQuestion(null)}
      />
    </section>
  )
}
