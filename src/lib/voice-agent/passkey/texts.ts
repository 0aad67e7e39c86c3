import type { PasskeyErrorCode } from './passkey-error.js'

/** All user-facing texts of the passkey dialog. */
export interface PasskeyTexts {
  setUpTitle: string
  setUpText: string
  create: string
  addTitle: string
  addText: string
  evaluateTitle: string
  evaluateText: string
  usePasskey: string
  codeTitle: string
  codeText: string
  copyCode: string
  codeCopied: string
  codeKept: string
  confirmTitle: string
  confirmText: string
  confirm: string
  showCode: string
  unlockTitle: string
  unlockText: string
  useCode: string
  recoverTitle: string
  recoverText: string
  recoveryCode: string
  unlock: string
  renewTitle: string
  renewText: string
  loading: string
  back: string
  notNow: string
  cancel: string
  /** Shown for storage errors, such as a full disk. */
  storageFailed: string
  errors: Record<PasskeyErrorCode, string>
}

/**
 * The English texts. For another language, pass your own to the dialog.
 *
 * @example
 * const text = error instanceof PasskeyError ? defaultPasskeyTexts.errors[error.code] : defaultPasskeyTexts.storageFailed
 */
export const defaultPasskeyTexts: PasskeyTexts = {
  setUpTitle: 'Lock your conversations with a passkey',
  setUpText:
    'Your conversations are stored in this browser. With a passkey, only your fingerprint, face, PIN or security key opens them.',
  create: 'Create a passkey',
  addTitle: 'Add a passkey',
  addText: 'Another device or security key will also open your conversations.',
  evaluateTitle: 'Use your new passkey',
  evaluateText: 'Your passkey was created. Use it once to finish.',
  usePasskey: 'Use passkey',
  codeTitle: 'Your recovery code',
  codeText:
    'Write it down and keep it in a safe place. If you lose your passkey, only this code opens your conversations. It is shown only now.',
  copyCode: 'Copy code',
  codeCopied: 'The code was copied.',
  codeKept: 'I have written it down',
  confirmTitle: 'Type your recovery code',
  confirmText: 'Type the code you wrote down, to check that it is correct.',
  confirm: 'Confirm',
  showCode: 'Show the code again',
  unlockTitle: 'Unlock your conversations',
  unlockText: 'The conversations in this browser are locked with your passkey.',
  useCode: 'Use recovery code',
  recoverTitle: 'Unlock with your recovery code',
  recoverText: 'Type the code that you wrote down when you created your passkey.',
  recoveryCode: 'Recovery code',
  unlock: 'Unlock',
  renewTitle: 'Create a new recovery code',
  renewText: 'Use your passkey first. The old code stays valid until you have typed the new one.',
  loading: 'One moment…',
  back: 'Back',
  notNow: 'Not now',
  cancel: 'Cancel',
  storageFailed: "This browser's storage can't be used right now. Nothing was changed. Reload to try again.",
  errors: {
    'passkey-unsupported':
      "This browser can't use passkeys for this. Nothing was changed. Update it, or use another browser.",
    'passkey-no-prf':
      "This passkey can't lock conversations. Nothing was changed. Choose another device, security key or password manager.",
    'passkey-cancelled':
      "No passkey was used. Nothing was changed. Try again with a passkey that you added here. If it's lost, use your recovery code.",
    'passkey-wrong':
      "This passkey doesn't open your conversations. They were left unchanged. Use another one, or your recovery code.",
    'passkey-exists': 'This device or security key has already been added. Choose another one.',
    'passkey-unset':
      "No passkey opens this browser's conversations yet, or its entry is damaged. Nothing was changed. Reload to try again.",
    'passkey-locked': 'Your conversations are locked. Unlock them first.',
    'passkey-changed': 'Your passkeys were changed in another tab. Reload this page, then try again.',
    'passkey-last': "This is your only passkey here, so it can't be removed. Add another one first.",
    'passkey-failed': "Your passkey couldn't be used. Nothing was changed. Try again.",
    'recovery-code-mistyped':
      'A character of the code is wrong or missing. Compare it with what you wrote down.',
    'recovery-code-wrong':
      "This code doesn't open the conversations in this browser. They were left unchanged. Look for a newer code.",
  },
}
