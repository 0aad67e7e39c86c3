export type { ShareComment } from './comments.js'
export { type ContinueOptions, type ContinuingManager, continueShare } from './continue-share.js'
export {
  createSharing,
  type ShareOptions,
  type ShareReceipt,
  type Sharing,
  type SharingOptions,
} from './create-sharing.js'
export { type HttpShareServerOptions, httpShareServer } from './http-share-server.js'
export { type OpenedShare, type OpenShareOptions, openShare } from './open-share.js'
export { previewShare, type SharePreview, type ShareSelection } from './share-content.js'
export { ShareError, type ShareErrorCode, shareErrorCodes } from './share-error.js'
export { takeShareLink } from './share-link.js'
export type {
  NewShare,
  ShareRole,
  ShareServer,
  StoredComment,
  StoredShare,
  UnwrapShareKey,
  WrapShareKey,
} from './share-server.js'
export { defaultShareTexts, type ShareTexts } from './texts.js'
