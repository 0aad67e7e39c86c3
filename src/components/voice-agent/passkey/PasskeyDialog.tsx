import { type FormEvent, useEffect, useId, useRef } from 'react'
import {
  defaultPasskeyTexts,
  type PasskeyKeyProvider,
  type PasskeyTexts,
} from '../../../lib/voice-agent/passkey/index.js'
import { useBrowserLayoutEffect } from '../hooks/agent-source.js'
import { FormEnd } from '../parts/FormEnd.js'
import { ModalDialog, useModal } from '../parts/ModalDialog.js'
import { RecoveryCode, RecoveryCodeField } from '../parts/RecoveryCode.js'
import { Styles } from '../parts/Styles.js'
import { passkeyStyles } from '../styles/passkey.js'
import { type PasskeyPurpose, type PasskeyView, usePasskeyFlow } from './usePasskeyFlow.js'

/** Props of {@link PasskeyDialog}. */
export interface PasskeyDialogProps {
  keyProvider: PasskeyKeyProvider
  /** @default 'open' */
  purpose?: PasskeyPurpose
  /** @default the English ones */
  texts?: Partial<PasskeyTexts>
  /** @default the colour scheme of the page */
  theme?: 'light' | 'dark'
  /** Called when it is done: the key is open, the passkey is added, or the new code is stored. */
  onDone(): void
  /** Called when the user closes it. Conversations stay locked, unless `keyProvider.status()` says `open`. */
  onClose(): void
}

type Named = Exclude<PasskeyView, 'loading' | 'done'>

/** Keys of each view's texts. */
const wording: Record<
  Named,
  [title: keyof PasskeyTexts, text: keyof PasskeyTexts, action: keyof PasskeyTexts]
> = {
  'set-up': ['setUpTitle', 'setUpText', 'create'],
  create: ['addTitle', 'addText', 'create'],
  evaluate: ['evaluateTitle', 'evaluateText', 'usePasskey'],
  code: ['codeTitle', 'codeText', 'codeKept'],
  confirm: ['confirmTitle', 'confirmText', 'confirm'],
  unlock: ['unlockTitle', 'unlockText', 'usePasskey'],
  recover: ['recoverTitle', 'recoverText', 'unlock'],
  add: ['addTitle', 'addText', 'usePasskey'],
  renew: ['renewTitle', 'renewText', 'usePasskey'],
}

/**
 * Asks for a passkey, each time on a click, or for the recovery code. Needs no agent: show it before you create one.
 *
 * @example
 * <PasskeyDialog keyProvider={keyProvider} onDone={startAgent} onClose={stayLocked} />
 */
export function PasskeyDialog({
  keyProvider,
  purpose = 'open',
  texts,
  theme,
  onDone,
  onClose,
}: PasskeyDialogProps) {
  const words = {
    ...defaultPasskeyTexts,
    ...texts,
    errors: { ...defaultPasskeyTexts.errors, ...texts?.errors },
  }
  const flow = usePasskeyFlow(keyProvider, purpose)
  const { view, isBusy } = flow
  const field = useRef<HTMLTextAreaElement>(null)
  const action = useRef<HTMLButtonElement>(null)
  const id = useId()

  const latest = useRef(onDone)
  useBrowserLayoutEffect(() => {
    latest.current = onDone
  })
  // Runs only when the view changes: a re-render with a new `onDone` must not move focus.
  useEffect(() => {
    if (view === 'done') latest.current()
    else (field.current ?? action.current)?.focus()
  }, [view])

  const modal = useModal(() => {
    flow.cancel()
    // After a recovery, the key is open: the user only declined a new passkey.
    if (flow.isOpen) onDone()
    else onClose()
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (isBusy) return
    if (field.current) flow.submit(field.current.value)
    else flow.next()
  }
  const asksForCode = view === 'confirm' || view === 'recover'
  const [title, text, confirm] =
    view === 'loading' || view === 'done'
      ? ([purpose === 'open' ? 'unlockTitle' : 'addTitle', 'loading', 'unlock'] as const)
      : wording[view]
  const other = ({ unlock: 'recover', recover: 'unlock', confirm: 'code' } as const)[view as 'unlock']
  const otherText = ({ unlock: words.useCode, recover: words.back, confirm: words.showCode } as const)[
    view as 'unlock'
  ]
  const error =
    flow.error === null ? '' : flow.error === 'storage' ? words.storageFailed : words.errors[flow.error]

  return (
    <div data-rva-part="passkey" data-theme={theme}>
      <Styles sheet={passkeyStyles} isStandalone />
      <ModalDialog
        modal={modal}
        part="dialog"
        aria-labelledby={`${id}-title`}
        aria-describedby={`${id}-text`}
      >
        <form onSubmit={submit} noValidate autoComplete="off">
          <h2 data-rva-part="dialog-title" id={`${id}-title`}>
            {words[title] as string}
          </h2>
          <p data-rva-part="dialog-text" id={`${id}-text`}>
            {words[text] as string}
          </p>
          {view === 'code' && <RecoveryCode code={flow.recoveryCode} texts={words} />}
          {asksForCode && (
            <RecoveryCodeField
              key={view}
              label={words.recoveryCode}
              fieldRef={field}
              isInvalid={error !== ''}
              describedBy={`${id}-error`}
            />
          )}
          <FormEnd
            error={error}
            errorId={`${id}-error`}
            submit={words[confirm] as string}
            isBusy={isBusy}
            submitRef={action}
            lead={
              other && (
                <button type="button" data-rva-part="dialog-cancel" onClick={() => flow.show(other)}>
                  {otherText}
                </button>
              )
            }
          >
            <button type="button" data-rva-part="dialog-cancel" onClick={() => modal.dialog.current?.close()}>
              {flow.isOpen ? words.notNow : words.cancel}
            </button>
          </FormEnd>
        </form>
      </ModalDialog>
    </div>
  )
}
