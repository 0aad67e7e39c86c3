import type { VoiceErrorCode } from '../../../../store/index.js'
import { copyIdOf, versionOf } from '../storage/records/record.js'
import { findHead } from '../storage/sessions/session-reader.js'
import { BackupError, type BackupErrorCode } from './backup-error.js'
import { groupPart, type SessionState, type StateChanges, sessionPart } from './backup-state.js'
import { downloadSession } from './download-session.js'
import { copyAs, keepReplaced, type SessionPorts, whileOwned, writeSession } from './local-sessions.js'
import type { Entry } from './manifest.js'
import { includes, joinClocks, type Merged } from './merge.js'
import type { Repository } from './repository.js'

/** A session that was skipped, with the reason. */
export interface SkippedSession {
  id: string
  code: BackupErrorCode | VoiceErrorCode
}

/** Result of a restore. */
export interface BackupRestoreReport {
  /** Ids of sessions that are new in this browser. */
  restored: string[]
  /** Ids of sessions that another device continued, and that now have its messages. */
  updated: string[]
  /** Sessions that two devices continued independently: the other version becomes a separate session. */
  copied: { id: string; from: string }[]
  /** Sessions that were left unchanged. */
  skipped: SkippedSession[]
}

/** Attempts to download a session that another device is uploading, or that a page is changing. */
const MAX_ATTEMPTS = 3

/** A page has changed or deleted the local session during the download. */
class ChangedError extends BackupError {
  constructor() {
    super('backup-session-open')
  }
}

/** Restores a session. Reads its versions again if an object is missing, because the device that wrote it may have replaced it. */
export async function restoreSession(
  ports: SessionPorts,
  repository: Repository,
  id: string,
  listed: ReadonlyMap<string, Merged>,
  report: BackupRestoreReport,
): Promise<void> {
  let sessions = listed
  for (let attempt = 1; ; attempt++) {
    const session = sessions.get(id)
    if (!session || session.deletedAt !== null) return
    try {
      return await restoreOnce(ports, repository, id, session, sessions, report)
    } catch (error) {
      if (error instanceof ChangedError && attempt < MAX_ATTEMPTS) continue
      const isMissing = error instanceof BackupError && error.code === 'backup-incomplete'
      if (!isMissing || attempt === MAX_ATTEMPTS) throw error
      await repository.refresh()
      sessions = await repository.readSessions()
      const roots = (versions: readonly Entry[] = []) => versions.map(({ root }) => root).join(' ')
      if (roots(sessions.get(id)?.versions) === roots(session.versions)) throw error
    }
  }
}

async function restoreOnce(
  ports: SessionPorts,
  repository: Repository,
  id: string,
  session: Merged,
  sessions: ReadonlyMap<string, Merged>,
  report: BackupRestoreReport,
): Promise<void> {
  const { store, state } = ports
  const local = await findHead(store, id)
  const known = await state.read(sessionPart(id))
  const localVersion = local && versionOf(local)
  const missing = session.versions.filter(
    ({ clock, head }) => head !== localVersion && !(local && known !== null && includes(known.clock, clock)),
  )
  const [first, ...others] = missing
  if (!first) return
  const isClean = known !== null && known.image.head === localVersion
  const isNext = known !== null && includes(first.clock, known.clock)
  const inPlace = local === null || (isClean && isNext)
  if (inPlace) {
    const isWritten = await write(ports, repository, id, first, localVersion, report)
    if (!isWritten) {
      report.skipped.push({ id, code: 'backup-session-open' })
      return
    }
    report[local === null ? 'restored' : 'updated'].push(id)
  }
  for (const version of inPlace ? others : missing) {
    const copy = copyIdOf(id, version.head)
    if (sessions.has(copy) || (await findHead(store, copy))) continue
    const downloaded = await downloadSession(repository.hashed, repository.vault, id, version.root ?? '')
    const isCopied = await whileOwned(ports, copy, async () => {
      await writeSession(ports, copy, copyAs(copy, downloaded))
      return true
    })
    if (!isCopied) throw new BackupError('backup-session-open')
    report.copied.push({ id: copy, from: id })
  }
  if (missing.length === 1 && inPlace) return
  // This browser now has all versions, so the next upload of this one replaces the others.
  const after = await state.read(sessionPart(id))
  if (!after) return
  const resolved = { ...after, clock: joinClocks(after.clock, session.clock), isDue: true }
  await state.write(new Map([[sessionPart(id), resolved]]))
}

/**
 * Downloads and verifies a version of a session, and writes it in place of the local one. Returns false if a tab has the session open.
 *
 * @throws ChangedError if `replaced` is no longer the version of the local session
 */
async function write(
  ports: SessionPorts,
  repository: Repository,
  id: string,
  version: Entry,
  replaced: string | null,
  report: BackupRestoreReport,
): Promise<boolean> {
  const downloaded = await downloadSession(repository.hashed, repository.vault, id, version.root ?? '')
  const done = await whileOwned(ports, id, async () => {
    const local = await findHead(ports.store, id)
    if ((local && versionOf(local)) !== replaced) throw new ChangedError()
    const copy = await keepReplaced(ports, id, downloaded)
    if (copy !== null) report.copied.push({ id: copy, from: id })
    await writeSession(ports, id, downloaded)
    const { image, groups } = downloaded
    const session: SessionState = { clock: version.clock, image, isDue: false, replaced: [] }
    const changes: StateChanges = new Map([[sessionPart(id), session]])
    for (const [index, group] of groups) changes.set(groupPart(id, index), group)
    await ports.state.write(changes)
    return true
  })
  return done ?? false
}
