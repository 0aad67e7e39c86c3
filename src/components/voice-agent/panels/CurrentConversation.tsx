import { useState } from 'react'
import type { VoiceAgentState } from '../../../../store/index.js'
import { IconButton } from '../parts/IconButton.js'
import { Icon } from '../parts/icons.js'
import { useViewState } from '../parts/view-context.js'
import { selectMessageCount, selectSessionId } from '../selectors.js'
import { binIcon, copyIcon, downloadIcon, pencilIcon, printIcon } from './icons.js'
import { RenameForm, useRenaming } from './RenameForm.js'
import { copyWhole, printWhole, saveWhole } from './transcript-actions.js'
import { type Phrase, usePanelView } from './view.js'

const selectTitle = (state: VoiceAgentState) => state.session.title

/** The conversation that is open here, if it has an id. */
export function CurrentConversation({
  onRename,
  onExport,
  onDelete,
}: {
  onRename: (id: string, title: string) => Promise<boolean>
} & Record<'onExport' | 'onDelete', (id: string) => void>) {
  const { texts } = usePanelView()
  const id = useViewState(selectSessionId)
  const count = useViewState(selectMessageCount)
  const title = useViewState(selectTitle)
  const { row, isRenaming, start, stop, onKeyDown } = useRenaming<HTMLDivElement>()
  if (id === null) return null
  const item = { 'data-rva-part': 'conversation', 'data-current': 'true', ref: row }
  if (isRenaming)
    return (
      <div {...item}>
        <RenameForm
          label={texts.conversationName}
          title={title ?? ''}
          onSave={(name) => onRename(id, name)}
          onClose={stop}
        />
      </div>
    )
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: F2 on any of its buttons.
    <div {...item} onKeyDown={onKeyDown}>
      <p data-rva-part="conversation-open">
        <span data-rva-part="conversation-title">
          <bdi>{title ?? texts.thisConversation}</bdi>
        </span>
        <span data-rva-part="conversation-meta">
          {title !== null && `${texts.thisConversation} · `}
          {texts.messageCount(count)}
        </span>
      </p>
      <IconButton
        part="icon-button"
        icon={pencilIcon}
        label={texts.renameConversation}
        data-action="rename"
        onClick={() => start('rename')}
      />
      <IconButton
        part="icon-button"
        icon={downloadIcon}
        label={texts.exportConversation}
        onClick={() => onExport(id)}
      />
      <IconButton
        part="icon-button"
        icon={binIcon}
        label={texts.deleteConversation}
        onClick={() => onDelete(id)}
      />
    </div>
  )
}

/** Copies, saves or prints the whole open conversation as text, with speakers and times. Loads earlier messages for that. */
export function TextActions({ onDone }: { onDone: (say: Phrase, isError: boolean) => void }) {
  const { texts, source, title } = usePanelView()
  const count = useViewState(selectMessageCount)
  const [isBusy, setIsBusy] = useState(false)
  if (count === 0) return null
  const run = async (action: () => Promise<void>, done: Phrase) => {
    if (isBusy) return
    setIsBusy(true)
    onDone(() => '', false)
    try {
      await action()
      onDone(done, false)
    } catch {
      onDone((latest) => latest.textNotRead, true)
    }
    setIsBusy(false)
  }
  const actions = [
    {
      icon: copyIcon,
      label: texts.copyText,
      act: (button: Element) =>
        run(
          () => copyWhole(source, texts, button),
          (latest) => latest.textCopied,
        ),
    },
    {
      icon: downloadIcon,
      label: texts.saveText,
      act: () =>
        run(
          () => saveWhole(source, texts),
          (latest) => latest.textSaved,
        ),
    },
    {
      icon: printIcon,
      label: texts.printText,
      act: () =>
        run(
          () => printWhole(source, texts, title),
          () => '',
        ),
    },
  ]
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset has its own margins, borders and minimum width.
    <div data-rva-part="text-actions" role="group" aria-label={texts.conversationText}>
      {actions.map(({ icon, label, act }) => (
        <button
          type="button"
          key={label}
          data-rva-part="notice-action"
          aria-busy={isBusy || undefined}
          onClick={({ currentTarget }) => void act(currentTarget)}
        >
          <Icon drawing={icon} />
          {label}
        </button>
      ))}
    </div>
  )
}
