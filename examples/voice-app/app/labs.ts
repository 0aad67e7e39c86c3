import type { VoiceAgentOptions } from 'redux-voice-agent'
import { createDeviceKeyProvider } from 'redux-voice-agent/storage'
import { workerStore } from 'redux-voice-agent/storage/stores'

/** Place of the stored conversations. */
export type StoragePlace = 'indexeddb' | 'opfs'

const key = 'labs/storage'

export const readStoragePlace = (): StoragePlace =>
  localStorage.getItem(key) === 'opfs' ? 'opfs' : 'indexeddb'

/** Takes effect with the next page load, because an agent has one place. */
export function chooseStoragePlace(place: StoragePlace): void {
  localStorage.setItem(key, place)
  location.reload()
}

/** Options of the agent that follow from the choices on the page *Labs*. */
export function labsOptions(): Pick<VoiceAgentOptions, 'persistence'> {
  if (readStoragePlace() === 'indexeddb') return {}
  return {
    persistence: {
      store: workerStore(() => new Worker(new URL('./store.worker.ts', import.meta.url), { type: 'module' })),
      keyProvider: createDeviceKeyProvider(),
    },
  }
}
