import { useState } from 'react'

interface RecoveryCodeProps {
  code: string | null
  texts: { copyCode: string; codeCopied: string }
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
