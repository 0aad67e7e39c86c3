import type { VoiceErrorCode } from '../../../../store/index.js'
import { appGuides } from './guides/app.js'
import { callGuides } from './guides/call.js'
import type { Guide } from './guides/guide.js'
import { microphoneGuides } from './guides/microphone.js'
import { storageGuides } from './guides/storage.js'

/** Explains each error code. The page *Error codes* is generated from it. */
export const errorGuide: Record<VoiceErrorCode, Guide> = {
  ...microphoneGuides,
  ...callGuides,
  ...storageGuides,
  ...appGuides,
}
