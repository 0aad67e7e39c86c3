import type { SessionSummary } from '../../../../middleware/drivers/storage/ports.js'
import { getTimeFormat } from '../format/times.js'
import { IconButton } from '../parts/IconButton.js'
import { binIcon, downloadIcon } from './icons.js'
import { usePanelView } from './view.js'

interface ConversationItemProps {
  session: SessionSummary
  /** First words of the conversation, if they are known. */
  words: string | undefined
  today: number
  /** Opens it, or shows it for reading if another tab has it open. */
  onOpen: () => void
  onExport: () => void
  onDelete: () => void
}

/** Returns the name of a conversation for the user: the day and the time of its last update. */
export function titleOf({ updatedAt }: SessionSummary, locale: string, today: number): string {
  const times = getTimeFormat(locale)
  return `${times.day(updatedAt, today)}, ${times.time(updatedAt)}`
}

/** An earlier conversation: its first words, its time and its length. */
export function ConversationItem({
  session,
  words,
  today,
  onOpen,
  onExport,
  onDelete,
}: ConversationItemProps) {
  const { texts } = usePanelView()
  const { updatedAt, messageCount, isOpenElsewhere } = session
  const title = titleOf(session, texts.locale, today)
  const time = <time dateTime={new Date(updatedAt).toISOString()}>{title}</time>
  return (
    <li data-rva-part="conversation" data-session={session.id}>
      <button type="button" data-rva-part="conversation-open" onClick={onOpen}>
        <span data-rva-part="conversation-title" dir="auto" title={words}>
          {words ?? time}
        </span>
        <span data-rva-part="conversation-meta">
          {words !== undefined && <>{time} · </>}
          {texts.messageCount(messageCount)}
          {isOpenElsewhere && ` · ${texts.openElsewhere}`}
        </span>
      </button>
      <IconButton
        part="icon-button"
        icon={downloadIcon}
        label={texts.exportConversationOf(title)}
        onClick={onExport}
      />
      <IconButton
        part="icon-button"
        icon={binIcon}
        label={texts.deleteConversationOf(title)}
        onClick={onDelete}
      />
    </li>
  )
}
