import type { VoiceAgentOptions } from 'redux-voice-agent'
import { mirrorTabs, type TabMirror } from 'redux-voice-agent/mirror'
import { passkeyKeyProvider } from 'redux-voice-agent/passkey'
import { createDeviceKeyProvider } from 'redux-voice-agent/storage'
import { workerStore } from 'redux-voice-agent/storage/stores'
import { analytics } from './analytics.js'

/** Location of the stored conversations. */
export type StoragePlace = 'indexeddb' | 'opfs'

const key = 'labs/storage'
const mirrorKey = 'labs/mirror'
const passkeyKey = 'labs/passkey'

export const readStoragePlace = (): StoragePlace =>
  localStorage.getItem(key) === 'opfs' ? 'opfs' : 'indexeddb'

/** Reloads the page, because an agent's storage can't change. */
export function chooseStoragePlace(place: StoragePlace): void {
  localStorage.setItem(key, place)
  location.reload()
}

/** Lets tabs share a conversation; null unless the user has turned it on. */
export const mirror: TabMirror | null =
  localStorage.getItem(mirrorKey) === 'on' ? mirrorTabs({ offer: 'any' }) : null

export function chooseMirror(isOn: boolean): void {
  localStorage.setItem(mirrorKey, isOn ? 'on' : 'off')
  location.reload()
}

/** Opens the conversations in IndexedDB, if the user has set up a passkey. */
export const passkey = passkeyKeyProvider({ appName: 'Kettle & Clay', userName: 'Conversations of the shop' })

/** True if a passkey locks the conversations of this page. */
export const isPasskeyOn = localStorage.getItem(passkeyKey) === 'on' && readStoragePlace() === 'indexeddb'

/** Takes effect with the next page load, because an agent's key provider can't change. */
export function choosePasskey(isOn: boolean): void {
  localStorage.setItem(passkeyKey, isOn ? 'on' : 'off')
}

/** Key provider of the conversations in IndexedDB; none without a passkey. */
export const keyOptions = isPasskeyOn ? { keyProvider: passkey } : {}

/** The agent's options, from the choices on the page *Labs*. */
export function labsOptions(): Pick<VoiceAgentOptions, 'persistence' | 'mirror' | 'analytics'> {
  const shared = { analytics, ...(mirror ? { mirror } : {}) }
  if (readStoragePlace() === 'indexeddb') return isPasskeyOn ? { ...shared, persistence: keyOptions } : shared
  return {
    ...shared,
    persistence: {
      store: workerStore(() => new Worker(new URL('./store.worker.ts', import.meta.url), { type: 'module' })),
      keyProvider: createDeviceKeyProvider(),
    },
  }
}
