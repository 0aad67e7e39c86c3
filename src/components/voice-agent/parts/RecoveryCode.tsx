import { type KeyboardEvent, type Ref, useState } from 'react'

interface RecoveryCodeProps {
  code: string | null
  texts: { copyCode: string; codeCopied: string }
}

interface RecoveryCodeFieldProps {
  label: string
  fieldRef: Ref<HTMLTextAreaElement>
  isInvalid: boolean
  describedBy: string
}

/** Enter submits the form, as in a field of one line. */
function submitOnEnter(event: KeyboardEvent<HTMLTextAreaElement>) {
  if (event.key !== 'Enter' || event.nativeEvent.isComposing) return
  event.preventDefault()
  event.currentTarget.form?.requestSubmit()
}

/** A field for a recovery code, which wraps, so that the user can compare the whole code with the note. */
export function RecoveryCodeField({ label, fieldRef, isInvalid, describedBy }: RecoveryCodeFieldProps) {
  return (
    <label data-rva-part="dialog-field">
      {label}
      <textarea
        ref={fieldRef}
        rows={2}
        dir="ltr"
        autoComplete="off"
        autoCapitalize="characters"
        autoCorrect="off"
        spellCheck={false}
        aria-invalid={isInvalid || undefined}
        aria-describedby={describedBy}
        data-rva-part="dialog-input"
        data-kind="code"
        onKeyDown={submitOnEnter}
      />
    </label>
  )
}

/** A recovery code to write down, with a button that copies it. */
export function RecoveryCode({ code, texts }: RecoveryCodeProps) {
  const [isCopied, setIsCopied] = useState(false)
  const copy = async ({ ownerDocument }: Element) => {
    try {
      const { navigator } = ownerDocument.defaultView ?? window
      await navigator.clipboard.writeText(code ?? '')
      setIsCopied(true)
    } catch {
      // The browser refused. The user can still select the code.
    }
  }
  return (
    <>
      <p data-rva-part="recovery-code" dir="ltr" translate="no">
        {code}
      </p>
      <button
        type="button"
        data-rva-part="dialog-cancel"
        onClick={({ currentTarget }) => void copy(currentTarget)}
      >
        {texts.copyCode}
      </button>
      <span data-rva-part="dialog-text" role="status">
        {isCopied ? texts.codeCopied : ''}
      </span>
    </>
  )
}
