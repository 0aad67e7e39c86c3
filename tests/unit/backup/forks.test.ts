import { expect, it } from 'vitest'
import { begin, join, ObjectStoreDouble } from './support.js'

const coded = (code: string) => expect.objectContaining({ code })

/** Replaces all objects of a store. */
function show(objects: ObjectStoreDouble, shown: ReadonlyMap<string, Uint8Array>): void {
  objects.objects.clear()
  for (const [name, bytes] of shown) objects.objects.set(name, bytes)
}

it('reports a fork to each device, if two copies of a profile have synced without seeing each other', async () => {
  const objects = new ObjectStoreDouble()
  const first = await begin(objects)
  await first.say('s', ['one'])
  await first.engine.sync()
  const second = await join(objects, 'second')
  await second.engine.restore()
  const putBack = await first.snapshot()
  const before = new Map(objects.objects)

  await first.say('s', ['two'])
  await first.engine.sync()
  const branch = new Map(objects.objects)
  await putBack()
  show(objects, before)
  await first.say('s', ['another two'])
  await first.engine.sync()
  for (const [name, bytes] of branch) objects.objects.set(name, bytes)

  for (const profile of [first, second]) {
    await expect(profile.engine.sync()).rejects.toEqual(coded('backup-forked'))
    await expect(profile.engine.restore()).rejects.toEqual(coded('backup-forked'))
  }
  expect(await second.texts('s')).toEqual(['one'])
  await expect(join(objects, 'third')).rejects.toEqual(coded('backup-forked'))
})

it('reports another branch of a chain to a device that has seen the first one', async () => {
  const objects = new ObjectStoreDouble()
  const first = await begin(objects)
  await first.say('s', ['one'])
  await first.engine.sync()
  const putBack = await first.snapshot()
  const before = new Map(objects.objects)
  for (const text of ['two', 'three']) {
    await first.say('s', [text])
    await first.engine.sync()
  }
  const second = await join(objects, 'second')
  await second.engine.restore()

  // The operator shows only the copy's branch, which is longer.
  await putBack()
  show(objects, before)
  for (const text of ['x', 'y', 'z']) {
    await first.say('s', [text])
    await first.engine.sync()
  }
  await expect(second.engine.restore()).rejects.toEqual(coded('backup-forked'))
  expect(await second.texts('s')).toEqual(['one', 'two', 'three'])
})

it('loses nothing if the store showed each device a different view for a while', async () => {
  const objects = new ObjectStoreDouble()
  const first = await begin(objects)
  await first.say('s', ['together'])
  await first.engine.sync()
  const second = await join(objects, 'second')
  await second.engine.restore()

  const before = new Map(objects.objects)
  await first.say('s', ['on the first'])
  await first.engine.sync()
  const ofFirst = new Map(objects.objects)
  show(objects, before)
  await second.say('s', ['on the second'])
  await second.engine.sync()
  for (const [name, bytes] of ofFirst) objects.objects.set(name, bytes)

  const { copied } = await first.engine.restore()
  expect(await first.texts('s')).toEqual(['together', 'on the first'])
  expect(await first.texts(copied[0]?.id ?? '')).toEqual(['together', 'on the second'])
})

it('warns a new device of a withheld end of a chain, if another device has seen it', async () => {
  const objects = new ObjectStoreDouble()
  const first = await begin(objects)
  await first.say('s', ['one'])
  await first.engine.sync()
  const old = new Map(objects.objects)
  await first.say('s', ['two'])
  await first.engine.sync()
  const second = await join(objects, 'second')
  await second.say('t', ['of the second'])
  await second.engine.sync()

  for (const name of objects.namesOf('manifest/')) {
    const isFirsts = [...old.keys()].some((known) => known.split('/')[2] === name.split('/')[2])
    if (isFirsts && name.startsWith('manifest/') && !old.has(name)) objects.objects.delete(name)
  }
  await expect(join(objects, 'third')).rejects.toEqual(coded('backup-rolled-back'))
})

it('does not detect on a new device that all chains are old', async () => {
  const objects = new ObjectStoreDouble()
  const first = await begin(objects)
  await first.say('s', ['one'])
  await first.engine.sync()
  const old = new Map(objects.objects)
  await first.say('s', ['two'])
  await first.engine.sync()
  show(objects, old)
  const third = await join(objects, 'third')
  await third.engine.restore()
  expect(await third.texts('s')).toEqual(['one'])
})
