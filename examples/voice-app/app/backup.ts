import { type Backup, createBackup, presignedStore } from 'redux-voice-agent/backup'
import { keyOptions } from './labs.js'

/** The voice server of the example signs, on loopback only, and has the objects unless a bucket is set. */
const objects = presignedStore({
  async sign(request) {
    const response = await fetch('/api/backup/sign', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(request),
    })
    if (!response.ok) throw new Error(`The signer answered ${response.status}.`)
    return response.text()
  },
})

/** The backup of the conversations in IndexedDB. Nothing is opened until it is used. */
export const backup: Backup = createBackup({ objects, ...keyOptions })

const backupKey = 'labs/backup'
const automaticKey = 'labs/backup-automatic'

export const isBackupAutomatic = (): boolean => localStorage.getItem(automaticKey) !== 'off'

let stop = () => {}

/** Syncs after saves on every page of the shop, if this browser has a backup and the user wants it. The panel on the page *Labs* shows errors. */
export function startBackup(): void {
  stop()
  const isWanted = localStorage.getItem(backupKey) === 'on' && isBackupAutomatic()
  stop = isWanted ? backup.syncAfterSaves() : () => {}
}

backup.subscribe(({ operation, phase }) => {
  const isOpened = operation === 'create' || operation === 'unlock'
  if (phase !== 'done' || !(isOpened || operation === 'forget')) return
  localStorage.setItem(backupKey, isOpened ? 'on' : 'off')
  startBackup()
})

export function chooseBackupAutomatic(isOn: boolean): void {
  localStorage.setItem(automaticKey, isOn ? 'on' : 'off')
  startBackup()
}
