import type { FormEvent, ReactNode, Ref } from 'react'
import type { BackupTexts } from '../../../lib/voice-agent/backup/index.js'
import { FormEnd } from '../parts/FormEnd.js'
import type { BackupFlow } from './useBackup.js'

/** Returns the text of the flow's error, or an empty one. */
export const errorText = ({ error }: BackupFlow, texts: BackupTexts): string =>
  error === null ? '' : error === 'storage' ? texts.storageFailed : texts.errors[error]

interface StepProps {
  title: string
  text: string
  /** Runs on the main button and on Enter. */
  onSubmit: () => void
  submit: string
  isBusy?: boolean
  /** A button that leads to another step. */
  lead?: ReactNode
  /** Buttons before the main one. */
  others?: ReactNode
  error: string
  errorId: string
  textId: string
  children?: ReactNode
}

/** A step with a heading, a text and its buttons. */
export function Step({
  title,
  text,
  onSubmit,
  submit,
  isBusy = false,
  lead,
  others,
  error,
  errorId,
  textId,
  children,
}: StepProps) {
  const onFormSubmit = (event: FormEvent) => {
    event.preventDefault()
    if (!isBusy) onSubmit()
  }
  return (
    <form onSubmit={onFormSubmit} noValidate>
      <h2 data-rva-part="backup-title" tabIndex={-1}>
        {title}
      </h2>
      <p data-rva-part="backup-note" id={textId}>
        {text}
      </p>
      {children}
      <FormEnd error={error} errorId={errorId} submit={submit} isBusy={isBusy} lead={lead}>
        {others}
      </FormEnd>
    </form>
  )
}

export function QuietButton({ onClick, children }: { onClick: () => void; children: ReactNode }) {
  return (
    <button type="button" data-rva-part="dialog-cancel" onClick={onClick}>
      {children}
    </button>
  )
}

interface PassphraseFieldProps {
  label: string
  fieldRef: Ref<HTMLInputElement>
  isShown: boolean
  autoComplete: 'new-password' | 'current-password'
  isInvalid: boolean
  describedBy: string
}

/** A field whose value stays in the page's element alone. */
export function PassphraseField({
  label,
  fieldRef,
  isShown,
  autoComplete,
  isInvalid,
  describedBy,
}: PassphraseFieldProps) {
  return (
    <label data-rva-part="dialog-field">
      {label}
      <input
        ref={fieldRef}
        type={isShown ? 'text' : 'password'}
        dir="auto"
        autoComplete={autoComplete}
        autoCapitalize="none"
        autoCorrect="off"
        spellCheck={false}
        aria-invalid={isInvalid || undefined}
        aria-describedby={describedBy}
        data-rva-part="dialog-input"
      />
    </label>
  )
}

interface ChoiceProps {
  label: string
  isOn: boolean
  onChange: (isOn: boolean) => void
}

export function Choice({ label, isOn, onChange }: ChoiceProps) {
  return (
    <label data-rva-part="backup-choice">
      <input type="checkbox" checked={isOn} onChange={({ target }) => onChange(target.checked)} />
      {label}
    </label>
  )
}
