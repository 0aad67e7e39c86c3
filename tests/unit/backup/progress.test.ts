import { createRecoveryCode } from 'redux-voice-agent/backup'
import { expect, it, vi } from 'vitest'
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

it('leaves no backup behind if only some of its secrets could be stored', async () => {
  const objects = new ObjectStoreDouble()
  const profile = await Profile.create('first', objects)
  const recoveryCode = createRecoveryCode()
  const secrets = [{ passphrase: PASSPHRASE }, { recoveryCode }]
  objects.before = (method) => {
    if (method === 'put' && objects.counts.put === 2) throw new Error('offline')
  }
  await expect(profile.engine.create(secrets, ITERATIONS)).rejects.toMatchObject({
    code: 'backup-unreachable',
  })
  expect(objects.objects.size).toBe(0)
  expect(await profile.engine.isOpen()).toBe(false)
  await profile.engine.create(secrets, ITERATIONS)
  const second = await Profile.create('second', objects)
  await second.engine.unlock({ recoveryCode })
})
