import type { ReactNode, Ref } from 'react'

interface FormEndProps {
  /** Empty for none. */
  error: string
  errorId: string
  submit: string
  /** The main button stays focusable while the form is busy. */
  isBusy: boolean
  submitRef?: Ref<HTMLButtonElement>
  /** A button at the other side, which leads to another step. */
  lead?: ReactNode
  /** Buttons before the main one. */
  children?: ReactNode
}

/** The end of a dialog's form: its error and its buttons. */
export function FormEnd({ error, errorId, submit, isBusy, submitRef, lead, children }: FormEndProps) {
  return (
    <>
      <p data-rva-part="dialog-error" id={errorId} role="alert">
        {error}
      </p>
      <div data-rva-part="dialog-actions">
        {lead}
        <div data-rva-part="dialog-answers">
          {children}
          <button
            type="submit"
            ref={submitRef}
            data-rva-part="dialog-confirm"
            data-tone="accent"
            aria-disabled={isBusy || undefined}
            aria-busy={isBusy || undefined}
          >
            {submit}
          </button>
        </div>
      </div>
    </>
  )
}
