import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { ITERATIONS, PASSPHRASE, Profile } from '../../unit/backup/support.js'
import { folderStore, openFolderProfile } from './folder-profile.js'

const kills = Number(process.env.BACKUP_KILLS ?? 50)
const script = join(import.meta.dirname, 'upload-until-killed.ts')

/** Starts the process, and kills it some milliseconds after its n-th save, in the middle of an upload. */
async function runAndKill(folder: string, run: number): Promise<void> {
  const child = spawn(process.execPath, ['--import', 'tsx', script, folder, String(run)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let errors = ''
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk.toString()
  })
  let saves = 0
  child.stdout.on('data', (chunk: Buffer) => {
    saves += chunk.toString().split('saved').length - 1
    if (saves > run % 4) setTimeout(() => child.kill('SIGKILL'), (run * 7) % 60)
  })
  const [, signal] = (await once(child, 'exit')) as [number | null, string | null]
  if (signal !== 'SIGKILL') throw new Error(`The process exited before it was killed:\n${errors}`)
}

it(`restores everything after ${kills} killed uploads`, {
  timeout: 60_000 + kills * 20_000,
}, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'redux-voice-agent-backup-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const first = await openFolderProfile(folder)
  await first.engine.create([{ passphrase: PASSPHRASE }], ITERATIONS)
  for (let run = 0; run < kills; run++) await runAndKill(folder, run)

  const objects = await folderStore(join(folder, 'objects'))
  const killed = await openFolderProfile(folder)
  await killed.engine.sync()
  await killed.engine.sync()
  const fresh = await Profile.create('fresh', objects)
  await fresh.engine.unlock({ passphrase: PASSPHRASE })
  expect(await fresh.engine.restore()).toMatchObject({ updated: [], copied: [], skipped: [] })
  expect(await fresh.ids()).toEqual(await killed.ids())
  for (const id of await killed.ids()) {
    expect(await fresh.plainRecords(id)).toEqual(await killed.plainRecords(id))
    expect((await fresh.texts(id))?.length).toBeGreaterThan(kills / 3)
  }
  // A killed upload may leave objects that no manifest references.
  for (const id of await killed.ids()) await killed.engine.deleteSession(id)
  const left = (await objects.list('object/')).length
  expect(left).toBeLessThan(kills * 2)
})
