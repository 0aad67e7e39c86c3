import { useEffect, useRef, useState, useSyncExternalStore } from 'react'
import type { ReadOnlySession } from '../../../../middleware/drivers/storage/ports.js'
import { toVoiceError, type VoiceError } from '../../../../store/index.js'
import { useBrowserLayoutEffect } from '../hooks/agent-source.js'
import { IconButton } from '../parts/IconButton.js'
import { closeIcon } from '../parts/icons.js'
import { MessageArticle } from '../transcript/MessageArticle.js'
import { copyTurns } from './copy-turns.js'
import { usePanelView } from './view.js'

interface ReadOnlyConversationProps {
  sessionId: string
  title: string
  /** Returns to the list. */
  onBack: () => void
  /** Opens the conversation here, after the other tab has released it. */
  onOpen: () => void
}

const subscribeToNothing = () => () => {}

/** A conversation that is open in another tab, as that tab last saved it. */
export function ReadOnlyConversation({ sessionId, title, onBack, onOpen }: ReadOnlyConversationProps) {
  const { source, texts } = usePanelView()
  const [session, setSession] = useState<ReadOnlySession | null>(null)
  const [failure, setFailure] = useState<VoiceError | null>(null)
  const heading = useRef<HTMLHeadingElement | null>(null)
  const snapshot = useSyncExternalStore(
    session?.subscribe ?? subscribeToNothing,
    () => session?.get() ?? null,
    () => null,
  )
  useBrowserLayoutEffect(() => heading.current?.focus({ preventScroll: true }), [])
  useEffect(() => {
    let isOver = false
    let opened: ReadOnlySession | null = null
    async function open() {
      try {
        opened = (await source.agent?.sessionManager.openReadOnly(sessionId)) ?? null
        if (isOver) opened?.close()
        else setSession(opened)
      } catch (error) {
        if (!isOver) setFailure(toVoiceError(error, 'session-unreadable'))
      }
    }
    void open()
    return () => {
      isOver = true
      opened?.close()
    }
  }, [source, sessionId])

  const error = failure ?? snapshot?.error ?? null
  const isElsewhere = snapshot?.isOpenElsewhere ?? true
  const lost = snapshot?.lost.reduce((sum, { count }) => sum + count, 0) ?? 0
  return (
    <>
      <div data-rva-part="conversations-head">
        <h3 data-rva-part="conversations-title" ref={heading} tabIndex={-1}>
          {title}
        </h3>
        <IconButton part="icon-button" icon={closeIcon} label={texts.backToList} onClick={onBack} />
      </div>
      <div data-rva-part="conversations-note">
        <span role="status">
          {error ? texts.errors[error.code] : isElsewhere ? texts.readOnlyElsewhere : texts.readOnlyReleased}
        </span>
        {!error && !isElsewhere && (
          <button type="button" data-rva-part="notice-action" onClick={onOpen}>
            {texts.openHere}
          </button>
        )}
      </div>
      {snapshot === null && error === null && (
        <p data-rva-part="conversations-note">{texts.loadingEarlier}</p>
      )}
      {snapshot?.hasEarlier && !error && (
        <button type="button" data-rva-part="load-earlier" onClick={() => void session?.loadEarlier()}>
          {texts.loadEarlier}
        </button>
      )}
      {lost > 0 && <p data-rva-part="conversations-note">{texts.restoreLost(lost)}</p>}
      {snapshot && (
        <div data-rva-part="read-only" role="log" aria-label={title} onCopy={copyTurns}>
          {snapshot.messages.map((message) => (
            <MessageArticle key={message.id} message={message} isRestored={false} isTimeShown={false} />
          ))}
        </div>
      )}
    </>
  )
}
