import { type ReactNode, useRef, useState } from 'react'
import type { BackupSession, BackupTexts } from '../../../lib/voice-agent/backup/index.js'
import { binIcon } from '../panels/icons.js'
import { IconButton } from '../parts/IconButton.js'
import { ConfirmQuestion } from '../parts/QuestionDialog.js'
import { Choice } from './BackupForm.js'
import { dateOf, runningText, titleOf } from './Outcome.js'
import type { BackupFlow } from './useBackup.js'

/** Conversations in the list before the user asks for more. */
const PAGE_SIZE = 50

interface BackupContentsProps {
  flow: BackupFlow
  texts: BackupTexts
  isAutomatic: boolean
  onAutomaticChange: ((isAutomatic: boolean) => void) | undefined
}

/** A backup that is open: the last sync, the conversations in it, and what the user can do with them. */
export function BackupContents({ flow, texts, isAutomatic, onAutomaticChange }: BackupContentsProps) {
  const { sessions, isBusy } = flow
  const [question, setQuestion] = useState<BackupSession | 'stop' | null>(null)
  const heading = useRef<HTMLHeadingElement | null>(null)
  return (
    <>
      <SyncState flow={flow} texts={texts} />
      <div data-rva-part="backup-actions">
        <Action isBusy={isBusy} onClick={flow.sync}>
          {texts.syncNow}
        </Action>
        {sessions && sessions.length > 0 && (
          <Action isBusy={isBusy} onClick={() => flow.restore()}>
            {texts.restoreAll}
          </Action>
        )}
      </div>
      {onAutomaticChange && (
        <Choice label={texts.automatic} isOn={isAutomatic} onChange={onAutomaticChange} />
      )}
      <h3 data-rva-part="backup-subtitle" ref={heading} tabIndex={-1}>
        {sessions ? texts.conversationCount(sessions.length) : texts.conversations}
      </h3>
      {sessions && <SessionList sessions={sessions} flow={flow} texts={texts} onDelete={setQuestion} />}
      <div data-rva-part="backup-actions">
        <Action isBusy={isBusy} onClick={() => setQuestion('stop')}>
          {texts.stop}
        </Action>
      </div>
      {question === 'stop' && (
        <ConfirmQuestion
          title={texts.stopTitle}
          text={texts.stopText}
          confirm={texts.stop}
          cancel={texts.cancel}
          onConfirm={flow.forget}
          onClose={() => setQuestion(null)}
        />
      )}
      {question !== null && question !== 'stop' && (
        <ConfirmQuestion
          title={texts.deleteTitle}
          text={texts.deleteText(titleOf(question, texts.locale))}
          confirm={texts.delete}
          cancel={texts.cancel}
          onConfirm={() => {
            // The button that opened the dialog is about to be removed.
            heading.current?.focus()
            flow.deleteSession(question.id)
          }}
          onClose={() => setQuestion(null)}
        />
      )}
    </>
  )
}

function SyncState({ flow, texts }: { flow: BackupFlow; texts: BackupTexts }) {
  const { isBusy, running, syncedAt, isOnline } = flow
  const { done = 0, total = 0 } = running ?? {}
  return (
    <>
      <p data-rva-part="backup-note">
        {texts.on} {/* A sync that the user started is in the status above. */}
        {running?.operation === 'sync' && !isBusy
          ? texts.syncing
          : syncedAt === null
            ? texts.notSynced
            : texts.syncedAt(dateOf(syncedAt, texts.locale))}
      </p>
      {/* Not for a background sync, which would move the list below it twice. */}
      {isBusy && running && total > 1 && (
        <p data-rva-part="backup-progress">
          <progress value={done} max={total} aria-label={runningText(running, texts)} />
          <span>{texts.progress(done, total)}</span>
        </p>
      )}
      {!isOnline && (
        <p data-rva-part="backup-note" role="status">
          {texts.offline}
        </p>
      )}
    </>
  )
}

interface ActionProps {
  isBusy: boolean
  label?: string
  onClick: () => void
  children: ReactNode
}

/** Stays focusable while a command runs, which ignores it. */
function Action({ isBusy, label, onClick, children }: ActionProps) {
  return (
    <button
      type="button"
      data-rva-part="notice-action"
      aria-label={label}
      aria-disabled={isBusy || undefined}
      onClick={() => {
        if (!isBusy) onClick()
      }}
    >
      {children}
    </button>
  )
}

interface SessionListProps {
  sessions: readonly BackupSession[]
  flow: BackupFlow
  texts: BackupTexts
  onDelete: (session: BackupSession) => void
}

function SessionList({ sessions, flow: { isBusy, restore }, texts, onDelete }: SessionListProps) {
  const [shown, setShown] = useState(PAGE_SIZE)
  const list = useRef<HTMLUListElement | null>(null)
  const showMore = () => {
    setShown(shown + PAGE_SIZE)
    // The first one that is added, because the button may be gone.
    requestAnimationFrame(() => list.current?.children[shown]?.querySelector<HTMLElement>('button')?.focus())
  }
  return (
    <>
      <ul data-rva-part="conversations-list" ref={list}>
        {sessions.slice(0, shown).map((session) => {
          const { id, title, updatedAt, messageCount, isHere, recoveredFrom } = session
          const name = titleOf(session, texts.locale)
          const details = [
            ...(title === undefined ? [] : [dateOf(updatedAt, texts.locale)]),
            texts.messageCount(messageCount),
            ...(recoveredFrom === undefined ? [] : [texts.copy]),
            isHere ? texts.here : texts.notHere,
          ]
          return (
            <li key={id} data-rva-part="conversation" data-here={isHere}>
              <div data-rva-part="conversation-open">
                <span data-rva-part="conversation-title">
                  <bdi>{name}</bdi>
                </span>
                <span data-rva-part="conversation-meta">{details.join(' · ')}</span>
              </div>
              <Action isBusy={isBusy} label={texts.restoreOne(name)} onClick={() => restore([id])}>
                {texts.restore}
              </Action>
              <IconButton
                part="icon-button"
                icon={binIcon}
                label={texts.deleteOne(name)}
                isInert={isBusy}
                onClick={() => onDelete(session)}
              />
            </li>
          )
        })}
      </ul>
      {sessions.length > shown && (
        <button type="button" data-rva-part="load-earlier" onClick={showMore}>
          {texts.showMore}
        </button>
      )}
    </>
  )
}
