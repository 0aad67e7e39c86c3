import { type ReactNode, useId, useRef, useState } from 'react'
import type { BackupTexts } from '../../../lib/voice-agent/backup/index.js'
import { RecoveryCode, RecoveryCodeField } from '../parts/RecoveryCode.js'
import { Choice, errorText, PassphraseField, QuietButton, Step } from './BackupForm.js'
import type { BackupFlow } from './useBackup.js'

interface BackupSetupProps {
  flow: BackupFlow
  texts: BackupTexts
  minPassphraseLength: number
}

/** The steps before the backup is on. */
export function BackupSetup({ flow, texts, minPassphraseLength }: BackupSetupProps) {
  const id = useId()
  const ids = { errorId: `${id}-error`, textId: `${id}-text` }
  const typedCode = useRef<HTMLTextAreaElement | null>(null)
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
      lead={<QuietButton onClick={flow.showCode}>{texts.showCode}</QuietButton>}
      others={cancel}
      error={error}
      {...ids}
    >
      <RecoveryCodeField
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
  const common = { isShown, autoComplete: 'new-password' } as const
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
      <PassphraseField
        {...common}
        label={texts.passphrase}
        fieldRef={first}
        isInvalid={error === 'short'}
        describedBy={`${id}-text ${id}-error`}
      />
      <PassphraseField
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
