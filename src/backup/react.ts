/**
 * The panel of the backup, and its hook. Needs `react` and `react-redux`.
 *
 * @packageDocumentation
 */
'use client'

export { BackupPanel, type BackupPanelProps } from '../components/voice-agent/backup/BackupPanel.js'
export {
  type BackupFlow,
  type BackupOutcome,
  type BackupRun,
  type BackupView,
  useBackup,
} from '../components/voice-agent/backup/useBackup.js'
