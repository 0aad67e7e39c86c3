import * as core from 'redux-voice-agent'
import * as analytics from 'redux-voice-agent/analytics'
import * as backup from 'redux-voice-agent/backup'
import * as backupReact from 'redux-voice-agent/backup/react'
import * as devtools from 'redux-voice-agent/devtools'
import * as mirror from 'redux-voice-agent/mirror'
import * as passkey from 'redux-voice-agent/passkey'
import * as passkeyReact from 'redux-voice-agent/passkey/react'
import * as share from 'redux-voice-agent/share'
import * as sharePeople from 'redux-voice-agent/share/people'
import * as shareReact from 'redux-voice-agent/share/react'
import * as storage from 'redux-voice-agent/storage'
import * as stores from 'redux-voice-agent/storage/stores'
import * as testing from 'redux-voice-agent/testing'
import * as texts from 'redux-voice-agent/texts'
import * as transports from 'redux-voice-agent/transports'
import * as livekit from 'redux-voice-agent/transports/livekit'
import { expect, it } from 'vitest'

/** Runtime exports of each entry point. Users notice a removed or added name, so mention it in the CHANGELOG. */
it.each([
  [
    'redux-voice-agent',
    core,
    [
      'EnhancedSessionManager',
      'VoiceAgentError',
      'WebRTCVoiceAgent',
      'createReconnectPolicy',
      'createVoiceAgent',
    ],
  ],
  ['redux-voice-agent/texts', texts, ['defaultTexts']],
  [
    'redux-voice-agent/storage',
    storage,
    [
      'createDeviceKeyProvider',
      'createEncryptedStorage',
      'createPassphraseKeyProvider',
      'rewrapKeys',
      'storeConformance',
      'verifyPassphrase',
    ],
  ],
  [
    'redux-voice-agent/storage/stores',
    stores,
    ['keyValueStore', 'memoryStores', 'opfsStore', 'serveStore', 'workerStore'],
  ],
  [
    'redux-voice-agent/passkey',
    passkey,
    ['PasskeyError', 'defaultPasskeyTexts', 'isPasskeySupported', 'passkeyErrorCodes', 'passkeyKeyProvider'],
  ],
  ['redux-voice-agent/mirror', mirror, ['mirrorTabs']],
  [
    'redux-voice-agent/analytics',
    analytics,
    ['beaconSink', 'createAnalyticsFold', 'metricNames', 'openTelemetrySink', 'reportsOf', 'voiceAnalytics'],
  ],
  [
    'redux-voice-agent/backup',
    backup,
    [
      'BackupError',
      'backupErrorCodes',
      'createBackup',
      'createRecoveryCode',
      'defaultBackupTexts',
      'presignedStore',
    ],
  ],
  ['redux-voice-agent/backup/react', backupReact, ['BackupPanel', 'useBackup']],
  [
    'redux-voice-agent/share',
    share,
    [
      'ShareError',
      'continueShare',
      'createSharing',
      'defaultShareTexts',
      'httpShareServer',
      'openShare',
      'previewShare',
      'shareErrorCodes',
      'takeShareLink',
    ],
  ],
  ['redux-voice-agent/share/people', sharePeople, ['asPerson', 'createShareKeys', 'toPerson']],
  [
    'redux-voice-agent/share/react',
    shareReact,
    ['SharedConversation', 'SharedMessages', 'useSharedConversation'],
  ],
  ['redux-voice-agent/passkey/react', passkeyReact, ['PasskeyDialog', 'usePasskeyFlow']],
  [
    'redux-voice-agent/transports',
    transports,
    ['openAiRealtimeTransport', 'smallWebRtcTransport', 'whipTransport'],
  ],
  ['redux-voice-agent/transports/livekit', livekit, ['elevenLabsTransport', 'liveKitTransport']],
  ['redux-voice-agent/devtools', devtools, ['devToolsOptions', 'devToolsOptionsWithoutText']],
  [
    'redux-voice-agent/testing',
    testing,
    ['conformanceAnswer', 'memoryStorage', 'replay', 'scriptedTransport', 'transportConformance'],
  ],
])('%s exports the documented names', (_entry, module, names) => {
  expect(Object.keys(module).toSorted()).toEqual(names)
})
