import { type FormEvent, useId, useRef, useState } from 'react'
import type { VoiceErrorCode } from '../../../../store/index.js'
import { FormEnd } from '../parts/FormEnd.js'
import { useModal } from '../parts/ModalDialog.js'
import { QuestionDialog } from '../parts/QuestionDialog.js'
import { ConfirmDialog } from './ConfirmDialog.js'
import { exportToFile, importFromFile } from './transfer.js'
import { type Phrase, usePanelView } from './view.js'

/** Names an entry of the texts. */
type DialogError = 'fileMissing' | 'passphraseMissing' | 'passphrasesDiffer' | VoiceErrorCode

interface PassphraseDialogProps {
  title: string
  text: string
  confirm: string
  /** True asks for a file, and for its passphrase once; false asks for a new passphrase twice. */
  hasFile: boolean
  /** Resolves to an error for the dialog, or to null. */
  onSubmit: (passphrase: string, file: File | null) => Promise<VoiceErrorCode | null>
  /** Called when it is done or cancelled, once focus is back where it was. */
  onClose: () => void
}

/** Asks for a file's passphrase, which stays in its input element only. Escape cancels. */
function PassphraseDialog({ title, text, confirm, hasFile, onSubmit, onClose }: PassphraseDialogProps) {
  const { texts } = usePanelView()
  const modal = useModal(onClose)
  const file = useRef<HTMLInputElement | null>(null)
  const first = useRef<HTMLInputElement | null>(null)
  const second = useRef<HTMLInputElement | null>(null)
  const [error, setError] = useState<DialogError | null>(null)
  const [isBusy, setIsBusy] = useState(false)
  const id = useId()
  const words = { ...texts, ...texts.errors }
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    if (isBusy) return
    const passphrase = first.current?.value ?? ''
    const chosen = file.current?.files?.[0] ?? null
    if (hasFile && !chosen) return setError('fileMissing')
    if (passphrase === '') return setError('passphraseMissing')
    if (!hasFile && second.current?.value !== passphrase) return setError('passphrasesDiffer')
    setError(null)
    setIsBusy(true)
    const failure = await onSubmit(passphrase, chosen)
    if (failure === null) return modal.close()
    setIsBusy(false)
    setError(failure)
    first.current?.focus()
  }
  return (
    <QuestionDialog modal={modal} title={title} text={text} initialFocus={hasFile ? file : first}>
      <form onSubmit={(event) => void submit(event)} noValidate autoComplete="off">
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
            aria-invalid={error !== null || undefined}
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
        <FormEnd
          error={error === null ? '' : words[error]}
          errorId={`${id}-error`}
          submit={confirm}
          isBusy={isBusy}
        >
          <button type="button" data-rva-part="dialog-cancel" onClick={() => modal.close()}>
            {texts.cancel}
          </button>
        </FormEnd>
      </form>
    </QuestionDialog>
  )
}

/** A question that the list asks the user in a dialog. */
export type ConversationQuestion = { about: 'delete' | 'export'; sessionId: string } | { about: 'import' }

interface ConversationDialogsProps {
  /** Null for no dialog. */
  question: ConversationQuestion | null
  /** Added to the question before deleting. */
  consequence: string
  onDelete: (sessionId: string) => void
  /** Called with a success message. */
  onDone: (say: Phrase) => void
  onClose: () => void
}

/** The dialogs over the list: to confirm a deletion, and to ask for a file's passphrase. */
export function ConversationDialogs({
  question,
  consequence,
  onDelete,
  onDone,
  onClose,
}: ConversationDialogsProps) {
  const { texts, source } = usePanelView()
  if (question === null) return null
  if (question.about === 'delete')
    return (
      <ConfirmDialog
        title={texts.deleteQuestion}
        text={`${texts.deleteMeans} ${consequence}`.trim()}
        confirm={texts.delete}
        onConfirm={() => onDelete(question.sessionId)}
        onClose={onClose}
      />
    )
  if (question.about === 'export')
    return (
      <PassphraseDialog
        title={texts.exportQuestion}
        text={texts.exportMeans}
        confirm={texts.exportConfirm}
        hasFile={false}
        onSubmit={async (passphrase) => {
          const failure = await exportToFile(source.agent, question.sessionId, passphrase)
          if (failure === null) onDone((latest) => latest.conversationExported)
          return failure
        }}
        onClose={onClose}
      />
    )
  return (
    <PassphraseDialog
      title={texts.importConversation}
      text={texts.importMeans}
      confirm={texts.importConfirm}
      hasFile
      onSubmit={async (passphrase, file) => {
        const failure = file && (await importFromFile(source.agent, file, passphrase))
        if (failure === null) onDone((latest) => latest.conversationImported)
        return failure
      }}
      onClose={onClose}
    />
  )
}
