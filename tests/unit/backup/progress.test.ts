import { createRecoveryCode } from 'redux-voice-agent/backup'
import { expect, it, vi } from 'vitest'
import { keyRecordKey, sessionOwner } from '../../../src/lib/voice-agent/storage/records/record.js'
import { begin, ITERATIONS, join, ObjectStoreDouble, PASSPHRASE, Profile } from './support.js'

it('says whether the store has a backup, before one is made here, and from another profile', async () => {
  const objects = new ObjectStoreDouble()
  const first = await Profile.create('first', objects)
  const second = await Profile.create('second', objects)
  expect(await second.engine.exists()).toBe(false)
  await first.engine.create([{ passphrase: PASSPHRASE }], ITERATIONS)
  expect(await second.engine.exists()).toBe(true)
  expect(await second.engine.isOpen()).toBe(false)
})

it('remembers the time of the last complete sync over a restart, and not of a failed one', async () => {
  const objects = new ObjectStoreDouble()
  const profile = await begin(objects)
  expect(await profile.engine.syncedAt()).toBeNull()
  const now = vi.spyOn(Date, 'now').mockReturnValue(1_000)
  try {
    await profile.engine.sync()
    now.mockReturnValue(2_000)
    await profile.say('s', ['hello'])
    objects.before = (method) => {
      if (method === 'put') throw new Error('offline')
    }
    await expect(profile.engine.sync()).rejects.toMatchObject({ code: 'backup-unreachable' })
    expect(await (await profile.restart()).engine.syncedAt()).toBe(1_000)
    objects.before = () => {}
    await profile.engine.sync()
    expect(await profile.engine.syncedAt()).toBe(2_000)
  } finally {
    now.mockRestore()
  }
})

it('counts the conversations of a sync and of a restore', async () => {
  const objects = new ObjectStoreDouble()
  const first = await begin(objects)
  for (const id of ['a', 'b', 'c']) await first.say(id, [id])
  const steps: string[] = []
  const note = (done: number, total: number) => void steps.push(`${done}/${total}`)
  await first.engine.sync(note)
  expect(steps.splice(0)).toEqual(['0/3', '1/3', '2/3'])
  await first.engine.deleteSession('b')
  const second = await join(objects, 'second')
  await second.engine.restore(undefined, note)
  expect(steps.splice(0)).toEqual(['0/2', '1/2'])
  await second.engine.restore(['a'], note)
  expect(steps).toEqual(['0/1'])
})

it('opens with each of its secrets, whichever request of its creation failed', async () => {
  const recoveryCode = createRecoveryCode()
  const secrets = [{ passphrase: PASSPHRASE }, { recoveryCode }]
  const coded = (code: string) => expect.objectContaining({ code })
  for (const moment of ['before', 'after'] as const)
    for (let failing = 1; failing <= 2; failing++) {
      const objects = new ObjectStoreDouble()
      const profile = await Profile.create('first', objects)
      objects[moment] = (method) => {
        if (method === 'put' && objects.counts.put === failing) throw new Error('offline')
      }
      const isStored = moment === 'after' || failing === 2
      const created = profile.engine.create(secrets, ITERATIONS)
      if (isStored) await created
      else await expect(created).rejects.toEqual(coded('backup-unreachable'))
      expect(await profile.engine.isOpen()).toBe(isStored)
      const again = profile.engine.create(secrets, ITERATIONS)
      if (isStored) await expect(again).rejects.toEqual(coded('backup-exists'))
      else await again
      for (const secret of secrets) await (await Profile.create('second', objects)).engine.unlock(secret)
    }
})

it('opens the vault that devices use, if another creation was interrupted', async () => {
  const objects = new ObjectStoreDouble()
  const other = await Profile.create('other', objects)
  objects.after = (method) => {
    if (method === 'put') throw new Error('The page was closed.')
  }
  const { list } = objects
  objects.list = async () => []
  // Neither sees the other's key in time.
  await other.engine.create([{ passphrase: PASSPHRASE }], ITERATIONS).catch(() => {})
  const isUsed = await other.engine.isOpen()
  objects.after = () => {}
  const first = await begin(objects)
  objects.list = list
  await first.say('s', ['one'])
  await first.engine.sync()
  expect(isUsed).toBe(false)
  expect(objects.namesOf('key/')).toHaveLength(2)
  const second = await join(objects, 'second')
  await second.engine.restore()
  expect(await second.texts('s')).toEqual(['one'])
})

it('a sync that skips a session, or runs while one changes, does not claim that everything is in the backup', async () => {
  const profile = await begin(new ObjectStoreDouble())
  const now = vi.spyOn(Date, 'now').mockReturnValue(1_000)
  try {
    await profile.say('readable', ['hello'])
    await profile.say('damaged', ['hello'])
    await profile.store.write(new Map([[keyRecordKey(sessionOwner('damaged')), null]]))
    const { uploaded, skipped } = await profile.engine.sync()
    expect([uploaded, skipped.map(({ id }) => id)]).toEqual([['readable'], ['damaged']])
    expect(await profile.engine.syncedAt()).toBeNull()
    await profile.engine.deleteSession('damaged')
    // The time passes while the sessions are uploaded.
    await profile.say('readable', ['more'])
    await profile.engine.sync(() => now.mockReturnValue(5_000))
    expect(await profile.engine.syncedAt()).toBe(1_000)
  } finally {
    now.mockRestore()
  }
})
