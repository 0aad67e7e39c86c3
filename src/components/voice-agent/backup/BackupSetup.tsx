import { type FormEvent, type ReactNode, type Ref, useId, useRef, useState } from 'react'
import type { BackupTexts } from '../../../lib/voice-agent/backup/index.js'
import { RecoveryCode } from '../parts/RecoveryCode.js'
import type { BackupFlow } from './useBackup.js'

interface StepProps {
  title: string
  text: string
  /** Runs on the main button and on Enter. */
  onSubmit: () => void
  submit: string
  isBusy?: boolean
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
      <p data-rva-part="dialog-error" id={errorId} role="alert">
        {error}
      </p>
      <div data-rva-part="dialog-actions">
        {others}
        <button
          type="submit"
          data-rva-part="dialog-confirm"
          data-tone="accent"
          aria-disabled={isBusy || undefined}
          aria-busy={isBusy || undefined}
        >
          {submit}
        </button>
      </div>
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

interface SecretFieldProps {
  label: string
  fieldRef: Ref<HTMLInputElement>
  /** A code is visible while it is typed, because it is copied from a note. */
  type: 'password' | 'code'
  isShown?: boolean
  autoComplete?: 'new-password' | 'current-password'
  isInvalid: boolean
  describedBy: string
}

/** A field whose value stays in the page's element alone. */
export function SecretField({
  label,
  fieldRef,
  type,
  isShown = false,
  autoComplete,
  isInvalid,
  describedBy,
}: SecretFieldProps) {
  const isCode = type === 'code'
  return (
    <label data-rva-part="dialog-field">
      {label}
      <input
        ref={fieldRef}
        type={isCode || isShown ? 'text' : 'password'}
        dir={isCode ? 'ltr' : 'auto'}
        autoComplete={autoComplete ?? 'off'}
        autoCapitalize={isCode ? 'characters' : 'none'}
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

interface BackupSetupProps {
  flow: BackupFlow
  texts: BackupTexts
  minPassphraseLength: number
}

export const errorText = ({ error }: BackupFlow, texts: BackupTexts): string =>
  error === null ? '' : error === 'storage' ? texts.storageFailed : texts.errors[error]

/** The steps before the backup is on. */
export function BackupSetup({ flow, texts, minPassphraseLength }: BackupSetupProps) {
  const id = useId()
  const ids = { errorId: `${id}-error`, textId: `${id}-text` }
  const typedCode = useRef<HTMLInputElement | null>(null)
  const error = errorText(flow, texts)
  const cancel = <QuietButton onClick={flow.cancel}>{texts.cancel}</QuietButton>
  if (flow.view === 'off')
    return (
      <Step
        title={texts.offTitle}
        text={texts.offText}
        submit={texts.turnOn}
        onSubmit={flow.begin}
        error={error}
        {...ids}
      />
    )
  if (flow.view === 'passphrase')
    return <PassphraseStep flow={flow} texts={texts} minLength={minPassphraseLength} cancel={cancel} />
  if (flow.view === 'code')
    return (
      <Step
        title={texts.codeTitle}
        text={texts.codeText}
        submit={texts.codeKept}
        onSubmit={flow.next}
        others={cancel}
        error=""
        {...ids}
      >
        <RecoveryCode code={flow.recoveryCode} texts={texts} />
      </Step>
    )
  return (
    <Step
      title={texts.confirmTitle}
      text={texts.confirmText}
      submit={texts.turnOn}
      onSubmit={() => flow.confirm(typedCode.current?.value ?? '')}
      isBusy={flow.isBusy}
      others={
        <>
          <QuietButton onClick={flow.showCode}>{texts.showCode}</QuietButton>
          {cancel}
        </>
      }
      error={error}
      {...ids}
    >
      <SecretField
        type="code"
        label={texts.recoveryCode}
        fieldRef={typedCode}
        isInvalid={error !== ''}
        describedBy={`${ids.textId} ${ids.errorId}`}
      />
    </Step>
  )
}

interface PassphraseStepProps {
  flow: BackupFlow
  texts: BackupTexts
  minLength: number
  cancel: ReactNode
}

function PassphraseStep({ flow, texts, minLength, cancel }: PassphraseStepProps) {
  const id = useId()
  const first = useRef<HTMLInputElement | null>(null)
  const second = useRef<HTMLInputElement | null>(null)
  const [isShown, setIsShown] = useState(false)
  const [error, setError] = useState<'short' | 'different' | null>(null)
  const submit = () => {
    const passphrase = first.current?.value ?? ''
    // Characters as users count them, or nearly: an emoji is one.
    if ([...passphrase].length < minLength) {
      setError('short')
      first.current?.focus()
    } else if (passphrase !== second.current?.value) {
      setError('different')
      second.current?.focus()
    } else flow.choose(passphrase)
  }
  const common = { type: 'password', isShown, autoComplete: 'new-password' } as const
  return (
    <Step
      title={texts.passphraseTitle}
      text={texts.passphraseText}
      submit={texts.next}
      onSubmit={submit}
      others={cancel}
      error={
        error === 'short'
          ? texts.passphraseTooShort(minLength)
          : error === 'different'
            ? texts.passphrasesDiffer
            : ''
      }
      errorId={`${id}-error`}
      textId={`${id}-text`}
    >
      <SecretField
        {...common}
        label={texts.passphrase}
        fieldRef={first}
        isInvalid={error === 'short'}
        describedBy={`${id}-text ${id}-error`}
      />
      <SecretField
        {...common}
        label={texts.repeatPassphrase}
        fieldRef={second}
        isInvalid={error === 'different'}
        describedBy={`${id}-error`}
      />
      <Choice label={texts.showPassphrase} isOn={isShown} onChange={setIsShown} />
    </Step>
  )
}
