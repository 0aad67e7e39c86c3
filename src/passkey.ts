/**
 * Protects stored conversations with a passkey and a recovery code. Costs nothing unless imported.
 *
 * @packageDocumentation
 */

export {
  defaultPasskeyTexts,
  type EnrolledPasskey,
  isPasskeySupported,
  PasskeyError,
  type PasskeyErrorCode,
  type PasskeyKeyProvider,
  type PasskeyNames,
  type PasskeyOptions,
  type PasskeySetup,
  type PasskeySetupStep,
  type PasskeyStatus,
  type PasskeyTexts,
  type PromptOptions,
  passkeyErrorCodes,
  passkeyKeyProvider,
} from './lib/voice-agent/passkey/index.js'
