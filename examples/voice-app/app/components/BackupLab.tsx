import { useState } from 'react'
import { BackupPanel } from 'redux-voice-agent/backup/react'
import { backup, chooseBackupAutomatic, isBackupAutomatic } from '../backup.js'
import { readStoragePlace } from '../labs.js'

/** An encrypted backup of the conversations, which other browsers on this machine can open. */
export function BackupLab() {
  const [isAutomatic, setIsAutomatic] = useState(isBackupAutomatic)
  if (readStoragePlace() !== 'indexeddb')
    return (
      <div className="lab">
        <h2>Back up your conversations</h2>
        <p>Store conversations in IndexedDB first.</p>
      </div>
    )
  return (
    <div className="lab">
      <BackupPanel
        backup={backup}
        className="backup-panel"
        isAutomatic={isAutomatic}
        onAutomaticChange={(isOn) => {
          chooseBackupAutomatic(isOn)
          setIsAutomatic(isOn)
        }}
      />
    </div>
  )
}
