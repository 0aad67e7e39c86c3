import { createVoiceAgent, WebRTCVoiceAgent } from 'redux-voice-agent'
import {
  continueShare,
  createSharing,
  type OpenedShare,
  openShare,
  previewShare,
  type ShareErrorCode,
  type ShareServer,
} from 'redux-voice-agent/share'
import { asPerson, toPerson } from 'redux-voice-agent/share/people'

declare const server: ShareServer
declare const keyPair: CryptoKeyPair

// @ts-expect-error: a share needs a page that shows it.
createSharing({ server })
const sharing = createSharing({ server, viewerUrl: 'https://shop.example/shared' })
const preview = previewShare({ messages: [], from: 'a', to: 'b', includeTools: true, title: 'Tea' })
void sharing.share(preview, { role: 'comment', expiresInMs: 60_000, to: toPerson('key') })
// @ts-expect-error: only a preview can be shared.
void sharing.share({ messages: [] })
// @ts-expect-error: a role is one of three.
void sharing.share(preview, { role: 'owner' })

declare const share: OpenedShare
void openShare({ link: '', server, keys: asPerson(keyPair) })
void continueShare(share, new WebRTCVoiceAgent({ apiEndpoint: '/api' }).sessionManager)
void continueShare(share, createVoiceAgent({ apiEndpoint: '/api' }).sessionManager, { persistenceVersion: 2 })
// @ts-expect-error: a share is immutable.
share.messages.push()
// @ts-expect-error: codes are a closed union.
export const code: ShareErrorCode = 'share-wrong'
