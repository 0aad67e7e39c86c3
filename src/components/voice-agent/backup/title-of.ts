import type { BackupSession } from '../../../lib/voice-agent/backup/index.js'
import { getTimeFormat } from '../format/times.js'

export function dateOf(at: number, locale: string): string {
  const { date, time } = getTimeFormat(locale)
  return `${date(at)}, ${time(at)}`
}

/** Returns the name of a conversation for the user: its title, or else the day and the time of its last update. */
export const titleOf = ({ title, updatedAt }: BackupSession, locale: string): string =>
  title ?? dateOf(updatedAt, locale)
