/**
 * The dialog for setting up a passkey and for unlocking with it or with the recovery code, and its hook. Needs `react`.
 *
 * @packageDocumentation
 */
'use client'

export { PasskeyDialog, type PasskeyDialogProps } from '../components/voice-agent/passkey/PasskeyDialog.js'
export {
  type PasskeyFlow,
  type PasskeyPurpose,
  type PasskeyView,
  usePasskeyFlow,
} from '../components/voice-agent/passkey/usePasskeyFlow.js'
