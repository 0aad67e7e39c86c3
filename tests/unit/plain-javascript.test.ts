import { createElement, type FunctionComponent } from 'react'
import { renderToString } from 'react-dom/server'
import { voiceAnalytics } from 'redux-voice-agent/analytics'
import { createBackup, presignedStore } from 'redux-voice-agent/backup'
import { mirrorTabs } from 'redux-voice-agent/mirror'
import { passkeyKeyProvider } from 'redux-voice-agent/passkey'
import { PasskeyDialog } from 'redux-voice-agent/passkey/react'
import { createSharing, httpShareServer, openShare, previewShare } from 'redux-voice-agent/share'
import { SharedConversation } from 'redux-voice-agent/share/react'
import {
  createDeviceKeyProvider,
  createEncryptedStorage,
  createPassphraseKeyProvider,
  rewrapKeys,
} from 'redux-voice-agent/storage'
import { expect, it } from 'vitest'
import { exportSession } from '../../src/lib/voice-agent/storage/tools/export-session.js'
import { importSession } from '../../src/lib/voice-agent/storage/tools/import-session.js'
import { search } from '../../src/lib/voice-agent/storage/tools/search.js'

const nothing = async () => null
const objects = { put: nothing, get: nothing, list: async () => [], delete: nothing } as never
const server = {
  put: nothing,
  get: nothing,
  revoke: nothing,
  addComment: nothing,
  listComments: nothing,
} as never
const viewerUrl = 'https://example.com/shared'
const store = nothing as never
const keyProvider = passkeyKeyProvider()

/** Renders a component with the properties. */
const renderWith =
  <Props extends object>(component: FunctionComponent<Props>) =>
  (properties: Props) =>
    renderToString(createElement(component, properties))

/** Calls with wrong types, which only plain JavaScript allows, and the option that the error names. */
const calls: [named: string, call: (nonsense: never) => unknown, nonsense: unknown][] = [
  ['createBackup: objects', createBackup, undefined],
  ['createBackup: objects', createBackup, {}],
  ['createBackup: objects', createBackup, { objects: { put: nothing } }],
  ['createBackup: scope', createBackup, { objects, scope: 7 }],
  ['createBackup: persistence', createBackup, { objects, persistence: { scope: 'ada' } }],
  ['createBackup: databaseName', createBackup, { objects, databaseName: '' }],
  ['createBackup: driver', createBackup, { objects, driver: [1] }],
  ['createBackup: driver', createBackup, { objects, driver: null }],
  ['createBackup: keyProvider', createBackup, { objects, keyProvider: 'key' }],
  ['createBackup: keyProvider', createBackup, { objects, store }],
  ['createBackup: driver', createBackup, { objects, store, keyProvider: nothing, driver: 'a' }],
  ['presignedStore: options', presignedStore, undefined],
  ['presignedStore: options', presignedStore, { sign: '/sign' }],
  ['presignedStore: fetch', presignedStore, { sign: nothing, fetch: true }],
  ['passkeyKeyProvider: options', passkeyKeyProvider, null],
  ['passkeyKeyProvider: appName', passkeyKeyProvider, { appName: 1 }],
  ['passkeyKeyProvider: rpId', passkeyKeyProvider, { rpId: '' }],
  ['passkeyKeyProvider: scope', passkeyKeyProvider, { scope: {} }],
  ['passkeyKeyProvider: store', passkeyKeyProvider, { store: 'opfs' }],
  ['httpShareServer: options', httpShareServer, undefined],
  ['httpShareServer: url', httpShareServer, { url: new URL(viewerUrl) }],
  ['httpShareServer: fetch', httpShareServer, { url: '/api/shares', fetch: null }],
  ['createSharing: options', createSharing, undefined],
  ['createSharing: server', createSharing, { viewerUrl }],
  ['createSharing: viewerUrl', createSharing, { server, viewerUrl: new URL(viewerUrl) }],
  ['previewShare: messages', previewShare, []],
  ['previewShare: messages', previewShare, { messages: [{ role: 'user', text: 'Hi' }] }],
  ['useSharedConversation: server', renderWith(SharedConversation), {}],
  ['keyProvider', renderWith(PasskeyDialog), {}],
  ['keyProvider', renderWith(PasskeyDialog), { keyProvider: passkeyKeyProvider }],
  ['purpose', renderWith(PasskeyDialog), { keyProvider, purpose: 'unlock' }],
  ['mirrorTabs: offer', mirrorTabs, { offer: 'always' }],
  ['mirrorTabs: whenOwnerGone', mirrorTabs, { whenOwnerGone: 'wait' }],
  ['voiceAnalytics: options', voiceAnalytics, undefined],
  ['createDeviceKeyProvider: databaseName', createDeviceKeyProvider, { databaseName: 1 }],
  ['createPassphraseKeyProvider: passphrase', createPassphraseKeyProvider, undefined],
  ['databaseName', createEncryptedStorage, { databaseName: 1 }],
  ['keyProvider', createEncryptedStorage, { store }],
]

it.each(calls)('%s is rejected by name', (named, call, nonsense) => {
  expect(() => call(nonsense as never)).toThrow(
    expect.objectContaining({ code: 'invalid-option', message: expect.stringMatching(`^${named} must be `) }),
  )
})

const backup = createBackup({ objects })
const sharing = createSharing({ server, viewerUrl })
const requests: [named: string, request: () => Promise<unknown>][] = [
  ['backup: secrets', () => backup.create(undefined as never)],
  ['backup: secrets', () => backup.create([])],
  ['backup: a secret', () => backup.create([undefined as never])],
  ['backup: a secret', () => backup.create([{ passphrase: '' }])],
  ['backup: a secret', () => backup.unlock('horse battery' as never)],
  ['backup: a secret', () => backup.addSecret({ passkey: true } as never)],
  ['backup: ids', () => backup.restore('s1' as never)],
  ['share: role', () => sharing.share({} as never, { role: 'owner' as never })],
  ['share: to', () => sharing.share({} as never, { to: 'key' as never })],
  ['revoke: receipt', () => sharing.revoke(`${viewerUrl}#id` as never)],
  ['revoke: receipt.revokeSecret', () => sharing.revoke({ id: 'id' } as never)],
  ['recover: code', () => keyProvider.recover(undefined as never)],
  ['rewrapKeys: oldProvider', () => rewrapKeys(undefined as never, keyProvider)],
  ['rewrapKeys: newProvider', () => rewrapKeys(keyProvider, undefined as never)],
  ['follow: sessionId', () => mirrorTabs().follow(undefined as never)],
  ['options', () => exportSession({} as never, 'id', undefined as never)],
  ['options.passphrase', () => exportSession({} as never, 'id', {} as never)],
  ['options', () => importSession({} as never, new Blob(), undefined as never)],
  ['query', () => search({} as never, undefined as never, {})],
  ['openShare: options', () => openShare(undefined as never)],
  ['openShare: link', () => openShare({ server } as never)],
  ['openShare: server', () => openShare({ link: viewerUrl, server: {} as never })],
]

it.each(requests)('%s rejects by name', async (named, request) => {
  await expect(request()).rejects.toMatchObject({
    code: 'invalid-option',
    message: expect.stringMatching(`^${named} must be `),
  })
})

it('a passkey provider needs no key provider for its store, because it is one', () => {
  expect(passkeyKeyProvider({ store })).toBeTypeOf('function')
})

it('an object that lacks methods is rejected with the names of those that it lacks', () => {
  expect(() => createBackup({ objects: { put: nothing, list: nothing } as never })).toThrow(
    'createBackup: objects must be an object with put(), get(), list(), delete(); got an object without get(), delete().',
  )
})

it.each([undefined, {}, []])('sharing %j instead of a preview is rejected', async (preview) => {
  await expect(createSharing({ server, viewerUrl }).share(preview as never)).rejects.toMatchObject({
    code: 'invalid-option',
    message: expect.stringContaining('share: preview must be the result of previewShare()'),
  })
})

it('a server that only reads can show a share', () => {
  const readOnly = { get: nothing, listComments: nothing } as never
  expect(renderWith(SharedConversation)({ server: readOnly })).toContain('data-rva-part')
})
