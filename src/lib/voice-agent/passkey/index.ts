export { PasskeyError, type PasskeyErrorCode, passkeyErrorCodes } from './passkey-error.js'
export {
  type EnrolledPasskey,
  type PasskeyKeyProvider,
  type PasskeyOptions,
  type PasskeyStatus,
  passkeyKeyProvider,
} from './passkey-provider.js'
export type { PasskeySetup, PasskeySetupStep } from './passkey-setup.js'
export { defaultPasskeyTexts, type PasskeyTexts } from './texts.js'
export { isPasskeySupported, type PasskeyNames, type PromptOptions } from './web-authn.js'
