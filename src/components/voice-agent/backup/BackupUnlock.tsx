import { useId, useRef, useState } from 'react'
import type { BackupTexts } from '../../../lib/voice-agent/backup/index.js'
import { Choice, errorText, QuietButton, SecretField, Step } from './BackupForm.js'
import type { BackupFlow } from './useBackup.js'

/** Opens a backup that was made elsewhere, with either secret. */
export function BackupUnlock({ flow, texts }: { flow: BackupFlow; texts: BackupTexts }) {
  const id = useId()
  const field = useRef<HTMLInputElement | null>(null)
  const [usesCode, setUsesCode] = useState(false)
  const [isShown, setIsShown] = useState(false)
  const [isSwitched, setIsSwitched] = useState(false)
  // An error is about the secret that was tried, not about the other one.
  const error = isSwitched ? '' : errorText(flow, texts)
  const submit = () => {
    setIsSwitched(false)
    const typed = field.current?.value ?? ''
    // An empty field is a slip, and not a wrong secret.
    if (typed === '') field.current?.focus()
    else flow.unlock(usesCode ? { recoveryCode: typed } : { passphrase: typed })
  }
  const switchSecret = () => {
    if (flow.isBusy) return
    setUsesCode(!usesCode)
    setIsSwitched(true)
    // The field is another one, with another label.
    requestAnimationFrame(() => field.current?.focus())
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
        <SecretField
          key="code"
          type="code"
          label={texts.recoveryCode}
          fieldRef={field}
          isInvalid={error !== ''}
          describedBy={`${id}-text ${id}-error`}
        />
      ) : (
        <>
          <SecretField
            key="passphrase"
            type="password"
            isShown={isShown}
            autoComplete="current-password"
            label={texts.passphrase}
            fieldRef={field}
            isInvalid={error !== ''}
            describedBy={`${id}-text ${id}-error`}
          />
          <Choice label={texts.showPassphrase} isOn={isShown} onChange={setIsShown} />
        </>
      )}
    </Step>
  )
}
