import type { SessionSummary } from '../../../../middleware/drivers/storage/ports.js'
import { getTimeFormat } from '../format/times.js'
import { IconButton } from '../parts/IconButton.js'
import { binIcon, downloadIcon, pencilIcon } from './icons.js'
import { RenameForm, useRenaming } from './RenameForm.js'
import { usePanelView } from './view.js'

interface ConversationItemProps {
  session: SessionSummary
  /** Name of the conversation, or else its first words, if known. */
  words: string | undefined
  today: number
  /** Opens it, or shows it read-only if another tab has it open. */
  onOpen: () => void
  /** Resolves to false if the name could not be saved. */
  onRename: (title: string) => Promise<boolean>
  onExport: () => void
  onDelete: () => void
}

/** Returns a label for a conversation: the day and time of its last update. */
export function titleOf({ updatedAt }: SessionSummary, locale: string, today: number): string {
  const times = getTimeFormat(locale)
  return `${times.day(updatedAt, today)}, ${times.time(updatedAt)}`
}

/** An earlier conversation: its name or first words, its time and its length. */
export function ConversationItem({
  session,
  words,
  today,
  onOpen,
  onRename,
  onExport,
  onDelete,
}: ConversationItemProps) {
  const { texts } = usePanelView()
  const { updatedAt, messageCount, isOpenElsewhere } = session
  const title = titleOf(session, texts.locale, today)
  const time = <time dateTime={new Date(updatedAt).toISOString()}>{title}</time>
  const { row, isRenaming, start, stop, onKeyDown } = useRenaming<HTMLLIElement>()
  const item = { 'data-rva-part': 'conversation', 'data-session': session.id, ref: row }
  if (isRenaming)
    return (
      <li {...item}>
        <RenameForm label={texts.nameOf(title)} title={words ?? ''} onSave={onRename} onClose={stop} />
      </li>
    )
  return (
    // Only the tab that has it open can rename it.
    <li {...item} onKeyDown={isOpenElsewhere ? undefined : onKeyDown}>
      <button type="button" data-rva-part="conversation-open" data-action="open" onClick={onOpen}>
        <span data-rva-part="conversation-title" title={words}>
          <bdi>{words ?? time}</bdi>
        </span>
        <span data-rva-part="conversation-meta">
          {words !== undefined && <>{time} · </>}
          {texts.messageCount(messageCount)}
          {isOpenElsewhere && ` · ${texts.openElsewhere}`}
        </span>
      </button>
      {!isOpenElsewhere && (
        <IconButton
          part="icon-button"
          icon={pencilIcon}
          label={texts.renameConversationOf(title)}
          data-action="rename"
          onClick={() => start('rename')}
        />
      )}
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
