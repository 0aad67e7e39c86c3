import { type FormEvent, type KeyboardEvent, useEffect, useId, useRef, useState } from 'react'
import { MAX_TITLE_LENGTH } from '../../../../store/index.js'
import { useBrowserLayoutEffect } from '../hooks/agent-source.js'
import { IconButton } from '../parts/IconButton.js'
import { closeIcon } from '../parts/icons.js'
import { checkIcon } from './icons.js'
import { usePanelView } from './view.js'

interface RenameFormProps {
  /** Accessible name of the field. */
  label: string
  /** The current name, or else the first words. */
  title: string
  /** Saves the name; an empty one restores the first words. Resolves to false if that failed. */
  onSave: (title: string) => Promise<boolean>
  /** Called when the name is saved, or the user cancels. */
  onClose: () => void
}

/** Edits the name of a conversation in its row. Enter saves, Escape cancels. */
export function RenameForm({ label, title, onSave, onClose }: RenameFormProps) {
  const { texts } = usePanelView()
  const input = useRef<HTMLInputElement | null>(null)
  const [hasFailed, setHasFailed] = useState(false)
  const isBusy = useRef(false)
  const id = useId()
  useBrowserLayoutEffect(() => input.current?.select(), [])
  // Otherwise the error may be out of view, below the end of the list.
  useEffect(() => {
    if (hasFailed) input.current?.form?.scrollIntoView({ block: 'nearest' })
  }, [hasFailed])
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    if (isBusy.current || !input.current) return
    const { value } = input.current
    // First words that the user leaves unchanged are not a name.
    if (value === title) return onClose()
    isBusy.current = true
    const isSaved = await onSave(value)
    isBusy.current = false
    if (isSaved) return onClose()
    setHasFailed(true)
    input.current?.focus()
  }
  return (
    <form
      data-rva-part="rename"
      autoComplete="off"
      noValidate
      onSubmit={(event) => void submit(event)}
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || event.nativeEvent.isComposing) return
        // Otherwise Escape would also close the panel.
        event.preventDefault()
        event.stopPropagation()
        onClose()
      }}
    >
      <input
        ref={input}
        data-rva-part="dialog-input"
        aria-label={label}
        aria-describedby={`${id}-error`}
        aria-invalid={hasFailed || undefined}
        defaultValue={title}
        maxLength={MAX_TITLE_LENGTH}
        placeholder={texts.automaticName}
        autoComplete="off"
        spellCheck={false}
        dir={title === '' ? undefined : 'auto'}
        onInput={({ currentTarget }) => {
          currentTarget.dir = currentTarget.value === '' ? '' : 'auto'
        }}
      />
      <IconButton part="icon-button" icon={checkIcon} label={texts.saveName} type="submit" />
      <IconButton part="icon-button" icon={closeIcon} label={texts.cancel} onClick={onClose} />
      <p data-rva-part="dialog-error" id={`${id}-error`} role="alert">
        {hasFailed ? texts.conversationNotRenamed : ''}
      </p>
    </form>
  )
}

/**
 * Opens and closes the form that renames a conversation in its row. F2 opens it. When it closes, focus returns to the button that had
 * it.
 */
export function useRenaming<Row extends HTMLElement>() {
  const row = useRef<Row | null>(null)
  /** The button that had focus; null once it has focus again. */
  const origin = useRef<string | null>(null)
  const [isRenaming, setIsRenaming] = useState(false)
  useBrowserLayoutEffect(() => {
    if (isRenaming || origin.current === null) return
    row.current?.querySelector<HTMLElement>(`button[data-action='${origin.current}']`)?.focus()
    origin.current = null
  }, [isRenaming])
  const start = (from: 'open' | 'rename') => {
    origin.current = from
    setIsRenaming(true)
  }
  return {
    row,
    isRenaming,
    start,
    stop: () => setIsRenaming(false),
    onKeyDown(event: KeyboardEvent) {
      if (event.key !== 'F2' || isRenaming) return
      event.preventDefault()
      start((event.target as HTMLElement).dataset.action === 'open' ? 'open' : 'rename')
    },
  }
}
