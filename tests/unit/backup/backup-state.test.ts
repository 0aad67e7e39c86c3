import { expect, it } from 'vitest'
import { createBackupState, sessionPart } from '../../../src/lib/voice-agent/backup/backup-state.js'
import { ObjectStoreDouble, Profile } from './support.js'

it('a tab uses the key that another tab has stored meanwhile', async () => {
  const objects = new ObjectStoreDouble()
  const profile = await Profile.create('profile', objects)
  const otherTab = await profile.restart()
  const first = createBackupState(profile.store, profile.keys)
  const second = createBackupState(otherTab.store, otherTab.keys)
  await first.write(new Map([['base', []]]))
  expect(await second.read('base')).toEqual([])

  // Forgets the backup and joins another one.
  await first.clear()
  expect(await second.read('base')).toBeNull()
  const group = { versions: ['v'], names: ['n'] }
  await first.write(new Map([['group/s/0', group]]))
  expect(await second.read('group/s/0')).toEqual(group)

  await first.clear()
  await first.write(new Map([['base', []]]))
  await second.write(
    new Map([
      [sessionPart('s'), null],
      ['group/s/0', group],
    ]),
  )
  expect(await first.read('group/s/0')).toEqual(group)
  expect(await first.read('base')).toEqual([])
})
