import type { BackupSession, BackupTexts, SkippedSession } from '../../../lib/voice-agent/backup/index.js'
import { getTimeFormat } from '../format/times.js'
import type { BackupFlow, BackupOutcome, BackupRun } from './useBackup.js'

export function dateOf(at: number, locale: string): string {
  const { date, time } = getTimeFormat(locale)
  return `${date(at)}, ${time(at)}`
}

/** Returns the name of a conversation for the user: its title, or else the day and the time of its last update. */
export const titleOf = ({ title, updatedAt }: BackupSession, locale: string): string =>
  title ?? dateOf(updatedAt, locale)

export function runningText({ operation }: BackupRun, texts: BackupTexts): string {
  const names = {
    create: texts.turningOn,
    unlock: texts.unlocking,
    sync: texts.syncing,
    restore: texts.restoring,
    deleteSession: texts.deleting,
    startNewDevice: texts.syncing,
    forget: texts.loading,
  }
  return names[operation]
}

function outcomeText(outcome: BackupOutcome, texts: BackupTexts): string {
  switch (outcome.kind) {
    case 'synced':
      return texts.synced(outcome.report.uploaded.length, outcome.report.deleted.length)
    case 'restored': {
      const { restored, updated, copied } = outcome.report
      return texts.restored(restored.length, updated.length, copied.length)
    }
    case 'turned-on':
      return texts.turnedOn
    case 'unlocked':
      return texts.unlocked
    case 'deleted':
      return texts.deleted
    case 'stopped':
      return texts.stopped
    case 'new-device':
      return texts.newDeviceMade
  }
}

/** The result of the user's last command, with the conversations that were left out. */
export function Outcome({ flow: { outcome, sessions }, texts }: { flow: BackupFlow; texts: BackupTexts }) {
  if (!outcome) return null
  const skipped = 'report' in outcome ? outcome.report.skipped : []
  const reasonOf = ({ code }: SkippedSession) =>
    code in texts.errors ? texts.errors[code as keyof BackupTexts['errors']] : texts.unreadable
  return (
    <>
      <p>{outcomeText(outcome, texts)}</p>
      {skipped.length > 0 && (
        <>
          <p>{texts.skipped(skipped.length)}</p>
          <ul data-rva-part="backup-skipped">
            {skipped.map((one) => {
              const session = sessions?.find(({ id }) => id === one.id)
              return (
                <li key={one.id} data-code={one.code}>
                  <bdi>{session ? titleOf(session, texts.locale) : texts.unlisted}</bdi>: {reasonOf(one)}
                </li>
              )
            })}
          </ul>
        </>
      )}
    </>
  )
}
