import { type FormEvent, useId, useRef, useState } from 'react'
import { useBrowserLayoutEffect } from '../hooks/useAgentSource.js'
import { usePanelView } from './view.js'

interface PassphraseDialogProps {
  title: string
  text: string
  confirm: string
  /** True asks for a file, and for its passphrase once; false asks for a new passphrase twice. */
  hasFile: boolean
  /** Resolves with the text of an error, which the dialog shows, or with null. */
  onSubmit: (passphrase: string, file: File | null) => Promise<string | null>
  /** Called when it is done or cancelled, with the focus back on the element that had it. */
  onClose: () => void
}

/** Asks for the passphrase of a file. The passphrase is in its field only. Escape cancels. */
export function PassphraseDialog({
  title,
  text,
  confirm,
  hasFile,
  onSubmit,
  onClose,
}: PassphraseDialogProps) {
  const { texts } = usePanelView()
  const dialog = useRef<HTMLDialogElement | null>(null)
  const file = useRef<HTMLInputElement | null>(null)
  const first = useRef<HTMLInputElement | null>(null)
  const second = useRef<HTMLInputElement | null>(null)
  const [error, setError] = useState('')
  const [isBusy, setIsBusy] = useState(false)
  const id = useId()
  useBrowserLayoutEffect(() => {
    const element = dialog.current
    element?.showModal()
    const start = hasFile ? file : first
    start.current?.focus()
    return () => element?.close()
  }, [])
  const close = () => {
    dialog.current?.close()
    onClose()
  }
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    if (isBusy) return
    const passphrase = first.current?.value ?? ''
    const chosen = file.current?.files?.[0] ?? null
    if (hasFile && !chosen) return setError(texts.fileMissing)
    if (passphrase === '') return setError(texts.passphraseMissing)
    if (!hasFile && second.current?.value !== passphrase) return setError(texts.passphrasesDiffer)
    setError('')
    setIsBusy(true)
    const failure = await onSubmit(passphrase, chosen)
    if (failure === null) return close()
    setIsBusy(false)
    setError(failure)
    first.current?.focus()
  }
  return (
    <dialog
      data-rva-part="dialog"
      ref={dialog}
      aria-labelledby={`${id}-title`}
      aria-describedby={`${id}-text`}
      onCancel={(event) => {
        // The file field reports a cancelled choice of a file in the same way, and that event bubbles.
        if (event.target !== event.currentTarget) return
        event.preventDefault()
        close()
      }}
    >
      {/* The announcer fills it. */}
      <div data-rva-part="announcer" aria-live="assertive" />
      <form onSubmit={(event) => void submit(event)} noValidate autoComplete="off">
        <h3 data-rva-part="dialog-title" id={`${id}-title`}>
          {title}
        </h3>
        <p data-rva-part="dialog-text" id={`${id}-text`}>
          {text}
        </p>
        {hasFile && (
          <label data-rva-part="dialog-field">
            {texts.file}
            <input type="file" accept=".rva" ref={file} data-rva-part="dialog-input" />
          </label>
        )}
        <label data-rva-part="dialog-field">
          {texts.passphrase}
          <input
            type="password"
            ref={first}
            autoComplete={hasFile ? 'off' : 'new-password'}
            aria-invalid={error !== '' || undefined}
            aria-describedby={`${id}-error`}
            data-rva-part="dialog-input"
          />
        </label>
        {!hasFile && (
          <label data-rva-part="dialog-field">
            {texts.repeatPassphrase}
            <input
              type="password"
              ref={second}
              autoComplete="new-password"
              aria-describedby={`${id}-error`}
              data-rva-part="dialog-input"
            />
          </label>
        )}
        <p data-rva-part="dialog-error" id={`${id}-error`} role="alert">
          {error}
        </p>
        <div data-rva-part="dialog-actions">
          <button type="button" data-rva-part="dialog-cancel" onClick={close}>
            {texts.cancel}
          </button>
          <button
            type="submit"
            data-rva-part="dialog-confirm"
            data-tone="accent"
            aria-disabled={isBusy || undefined}
            aria-busy={isBusy || undefined}
          >
            {confirm}
          </button>
        </div>
      </form>
    </dialog>
  )
}
