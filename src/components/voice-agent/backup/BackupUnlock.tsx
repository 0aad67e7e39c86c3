import { useId, useRef, useState } from 'react'
import type { BackupTexts } from '../../../lib/voice-agent/backup/index.js'
import { RecoveryCodeField } from '../parts/RecoveryCode.js'
import { Choice, errorText, PassphraseField, QuietButton, Step } from './BackupForm.js'
import type { BackupFlow } from './useBackup.js'

/** Opens a backup that was made elsewhere, with either secret. */
export function BackupUnlock({ flow, texts }: { flow: BackupFlow; texts: BackupTexts }) {
  const id = useId()
  const passphrase = useRef<HTMLInputElement | null>(null)
  const code = useRef<HTMLTextAreaElement | null>(null)
  const [usesCode, setUsesCode] = useState(false)
  const [isShown, setIsShown] = useState(false)
  const [isSwitched, setIsSwitched] = useState(false)
  // An error is about the secret that was tried, not about the other one.
  const error = isSwitched ? '' : errorText(flow, texts)
  const submit = () => {
    setIsSwitched(false)
    const field = usesCode ? code : passphrase
    const typed = field.current?.value ?? ''
    // An empty field is a slip, and not a wrong secret.
    if (typed === '') field.current?.focus()
    else flow.unlock(usesCode ? { recoveryCode: typed } : { passphrase: typed })
  }
  const switchSecret = () => {
    if (flow.isBusy) return
    setUsesCode(!usesCode)
    setIsSwitched(true)
    requestAnimationFrame(() => (usesCode ? passphrase : code).current?.focus())
  }
  return (
    <Step
      title={texts.lockedTitle}
      text={texts.lockedText}
      submit={texts.unlock}
      onSubmit={submit}
      isBusy={flow.isBusy}
      lead={
        <QuietButton onClick={switchSecret}>{usesCode ? texts.usePassphrase : texts.useCode}</QuietButton>
      }
      error={error}
      errorId={`${id}-error`}
      textId={`${id}-text`}
    >
      {usesCode ? (
        <RecoveryCodeField
          label={texts.recoveryCode}
          fieldRef={code}
          isInvalid={error !== ''}
          describedBy={`${id}-text ${id}-error`}
        />
      ) : (
        <>
          <PassphraseField
            isShown={isShown}
            autoComplete="current-password"
            label={texts.passphrase}
            fieldRef={passphrase}
            isInvalid={error !== ''}
            describedBy={`${id}-text ${id}-error`}
          />
          <Choice label={texts.showPassphrase} isOn={isShown} onChange={setIsShown} />
        </>
      )}
    </Step>
  )
}
