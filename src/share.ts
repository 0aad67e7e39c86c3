/**
 * Shares parts of conversations as encrypted copies, by link or with one person. Costs nothing unless imported.
 *
 * @packageDocumentation
 */

export {
  type ContinueOptions,
  type ContinuingManager,
  continueShare,
  createSharing,
  defaultShareTexts,
  type HttpShareServerOptions,
  httpShareServer,
  type NewShare,
  type OpenedShare,
  type OpenShareOptions,
  openShare,
  previewShare,
  type ShareComment,
  ShareError,
  type ShareErrorCode,
  type ShareOptions,
  type SharePreview,
  type ShareReceipt,
  type ShareRole,
  type ShareSelection,
  type ShareServer,
  type ShareTexts,
  type Sharing,
  type SharingOptions,
  type StoredComment,
  type StoredShare,
  shareErrorCodes,
  takeShareLink,
  type UnwrapShareKey,
  type WrapShareKey,
} from './lib/voice-agent/share/index.js'
