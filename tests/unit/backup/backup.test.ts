import { afterEach, expect, it, vi } from 'vitest'
import { BackupError } from '../../../src/lib/voice-agent/backup/backup-error.js'
import { createRecoveryCode } from '../../../src/lib/voice-agent/passkey/recovery-code.js'
import { begin, ITERATIONS, join, ObjectStoreDouble, PASSPHRASE, Profile } from './support.js'

const numbered = (count: number, word = 'word') => Array.from({ length: count }, (_, i) => `${word} ${i}`)
afterEach(() => {
  vi.useRealTimers()
})

const coded = (code: string) => expect.objectContaining({ code })

it.each([1, 64, 65, 200, 1100, 4200])(
  'restores %i messages with identical bytes on another profile',
  async (count) => {
    const objects = new ObjectStoreDouble()
    const first = await begin(objects)
    await first.say('s', numbered(count), 'My title')
    expect(await first.engine.sync()).toEqual({ uploaded: ['s'], deleted: [], skipped: [] })

    const second = await join(objects, 'second')
    expect(await second.engine.list()).toMatchObject([
      { id: 's', title: 'My title', messageCount: count, isHere: false },
    ])
    expect(await second.engine.restore()).toEqual({ restored: ['s'], updated: [], copied: [], skipped: [] })
    expect(await second.plainRecords('s')).toEqual(await first.plainRecords('s'))
    expect(await second.texts('s')).toEqual(numbered(count))
  },
)

it('uploads and restores growing, changed and continued conversations', async () => {
  const objects = new ObjectStoreDouble()
  const first = await begin(objects)
  const second = await join(objects, 'second')
  for (const count of [1, 70, 5, 63, 1, 900, 64]) {
    await first.say('s', numbered(count))
    await first.change('s', 0, `changed ${count}`)
    await first.engine.sync()
    const { restored, updated, copied } = await second.engine.restore()
    expect([...restored, ...updated, copied]).toEqual(['s', []])
    expect(await second.plainRecords('s')).toEqual(await first.plainRecords('s'))

    await second.say('s', numbered(count, 'from the second'))
    await second.engine.sync()
    expect(await first.engine.restore()).toMatchObject({ updated: ['s'], copied: [], skipped: [] })
    expect(await first.plainRecords('s')).toEqual(await second.plainRecords('s'))
  }
})

it('uploads nothing without a change', async () => {
  const objects = new ObjectStoreDouble()
  const first = await begin(objects)
  await first.say('s', numbered(100))
  await first.engine.sync()
  const { put } = objects.counts
  expect(await first.engine.sync()).toEqual({ uploaded: [], deleted: [], skipped: [] })
  expect(objects.counts.put).toBe(put)
})

it('keeps both versions of a conversation that two devices continued', async () => {
  const objects = new ObjectStoreDouble()
  const first = await begin(objects)
  const second = await join(objects, 'second')
  await first.say('s', ['together'])
  await first.engine.sync()
  await second.engine.restore()
  await first.say('s', ['on the first'])
  await second.say('s', ['on the second'])
  await first.engine.sync()
  await second.engine.sync()

  const report = await first.engine.restore()
  expect(report).toMatchObject({ restored: [], updated: [], skipped: [] })
  const [{ id: copy = '' } = {}] = report.copied
  expect(await first.texts('s')).toEqual(['together', 'on the first'])
  expect(await first.texts(copy)).toEqual(['together', 'on the second'])
  expect((await first.read(copy))?.record.recoveredFrom).toBe('s')
  await first.engine.sync()

  const third = await join(objects, 'third')
  expect(await third.engine.restore()).toMatchObject({ copied: [], skipped: [] })
  expect(await third.texts('s')).toEqual(['together', 'on the first'])
  expect(await third.texts(copy)).toEqual(['together', 'on the second'])
})

it('deletes a session with its objects, and an old device does not bring it back', async () => {
  const objects = new ObjectStoreDouble()
  const first = await begin(objects)
  const second = await join(objects, 'second')
  await first.say('s', numbered(1100))
  await first.engine.sync()
  await second.engine.restore()
  await first.engine.deleteSession('s')
  expect(await first.ids()).toEqual([])
  expect(objects.namesOf('object/')).toEqual([])

  // The second one was offline meanwhile, and has something new.
  await second.say('s', ['later'])
  expect(await second.engine.sync()).toEqual({ uploaded: [], deleted: ['s'], skipped: [] })
  expect(await second.ids()).toEqual([])
  const third = await join(objects, 'third')
  expect(await third.engine.list()).toEqual([])
  expect(await third.engine.restore()).toEqual({ restored: [], updated: [], copied: [], skipped: [] })
  expect(await third.engine.restore(['s'])).toMatchObject({
    skipped: [{ id: 's', code: 'backup-session-missing' }],
  })
})

it('deletes a session for all devices, even if another one has continued it, before or meanwhile', async () => {
  const objects = new ObjectStoreDouble()
  const first = await begin(objects)
  const second = await join(objects, 'second')
  await first.say('s', ['one'])
  await first.engine.sync()
  await second.engine.restore()
  await second.say('s', ['two'])
  await second.engine.sync()
  await first.engine.restore()
  const before = new Map(objects.objects)
  await first.engine.deleteSession('s')

  // The second one uploads before it sees the deletion.
  const deletion = new Map(objects.objects)
  objects.objects.clear()
  for (const [name, bytes] of before) objects.objects.set(name, bytes)
  await second.say('s', ['three'])
  expect(await second.engine.sync()).toMatchObject({ uploaded: ['s'] })
  for (const [name, bytes] of deletion) objects.objects.set(name, bytes)

  const third = await join(objects, 'third')
  expect(await third.engine.list()).toEqual([])
  expect(await third.engine.restore()).toMatchObject({ restored: [], copied: [], skipped: [] })
  expect(await second.engine.sync()).toMatchObject({ deleted: ['s'], uploaded: [] })
  expect(await second.ids()).toEqual([])
  expect(await second.engine.sync()).toEqual({ uploaded: [], deleted: [], skipped: [] })
  expect(await first.engine.sync()).toEqual({ uploaded: [], deleted: [], skipped: [] })
})

it.each(['this device', 'another device'])(
  'keeps a conversation that began under the id of one that %s has deleted',
  async (deleter) => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const objects = new ObjectStoreDouble()
    const first = await begin(objects)
    await first.say('s', ['deleted'])
    await first.engine.sync()
    const last = deleter === 'this device' ? first : await join(objects, 'second')
    await first.engine.deleteSession('s')

    // An import keeps the id of its file, and a server may return the same id again.
    vi.advanceTimersByTime(1_000)
    await last.say('s', ['begun later'])
    last.open.add('s')
    const skipped = [{ id: 's', code: 'backup-session-open' }]
    expect(await last.engine.sync()).toEqual({ uploaded: [], deleted: [], skipped })
    last.open.clear()

    const { uploaded, deleted } = await last.engine.sync()
    const [copy = ''] = uploaded
    expect([uploaded, deleted]).toEqual([[expect.stringMatching(/^s~/)], []])
    expect(await last.ids()).toEqual([copy])
    expect(await last.texts(copy)).toEqual(['begun later'])
    const third = await join(objects, 'third')
    expect(await third.engine.restore()).toMatchObject({ restored: [copy], skipped: [] })
    expect(await last.engine.sync()).toEqual({ uploaded: [], deleted: [], skipped: [] })
  },
)

it('keeps a conversation that began under a deleted id after a sync of the deletion was interrupted', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  const objects = new ObjectStoreDouble()
  const first = await begin(objects)
  await first.say('s', ['deleted'])
  await first.engine.sync()
  const second = await join(objects, 'second')
  await second.engine.restore()
  await first.engine.deleteSession('s')
  vi.advanceTimersByTime(1_000)
  vi.spyOn(objects, 'put').mockRejectedValueOnce(new Error('The network is down.'))
  await expect(second.engine.sync()).rejects.toThrow()
  expect(await second.ids()).toEqual([])

  vi.advanceTimersByTime(1_000)
  await second.say('s', ['begun later'])
  const { uploaded, deleted } = await second.engine.sync()
  expect([uploaded, deleted]).toEqual([[expect.stringMatching(/^s~/)], []])
  expect(await second.texts(uploaded[0] ?? '')).toEqual(['begun later'])
})

it('deletes a conversation whose removal was interrupted, on a device whose clock is ahead', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  const objects = new ObjectStoreDouble()
  const first = await begin(objects)
  await first.say('s', ['deleted'])
  await first.engine.sync()
  const second = await join(objects, 'second')
  const now = Date.now()
  vi.setSystemTime(now + 60_000)
  await second.engine.restore()
  vi.setSystemTime(now + 1_000)
  await first.engine.deleteSession('s')
  vi.spyOn(second.keys, 'removeWithRecords').mockRejectedValueOnce(new Error('The page has crashed.'))
  expect(await second.engine.sync()).toMatchObject({ deleted: [], skipped: [{ id: 's' }] })

  expect(await second.engine.sync()).toEqual({ uploaded: [], deleted: ['s'], skipped: [] })
  expect(await second.ids()).toEqual([])
})

it('deletes a conversation of a browser that has forgotten the backup meanwhile', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  const objects = new ObjectStoreDouble()
  const first = await begin(objects)
  const second = await join(objects, 'second')
  await first.say('s', ['one'])
  await first.engine.sync()
  await second.engine.restore()
  await second.engine.forget()
  vi.advanceTimersByTime(1_000)
  await first.engine.deleteSession('s')
  await second.engine.unlock({ passphrase: PASSPHRASE })
  expect(await second.engine.sync()).toEqual({ uploaded: [], deleted: ['s'], skipped: [] })
  expect(await second.ids()).toEqual([])
})

it.each([1, 2, 3])('restores while another device uploads %i times', async (uploads) => {
  const objects = new ObjectStoreDouble()
  const first = await begin(objects)
  await first.say('s', numbered(100))
  await first.engine.sync()
  const second = await join(objects, 'second')
  const { get } = objects
  let isFirstObject = true
  objects.get = async (name) => {
    if (isFirstObject && name.startsWith('object/')) {
      isFirstObject = false
      for (let count = 0; count < uploads; count++) {
        await first.say('s', [`meanwhile ${count}`])
        await first.engine.sync()
      }
    }
    return get.call(objects, name)
  }
  expect(await second.engine.restore()).toMatchObject({ restored: ['s'], skipped: [] })
  // A head is kept for one more sync, and if it is gone, the next one is read.
  const texts = await second.texts('s')
  expect(texts?.length).toBe(uploads === 1 ? 100 : 100 + uploads)
})

it('detects a rolled-back last manifest, and a withheld one', async () => {
  const objects = new ObjectStoreDouble()
  const first = await begin(objects)
  for (const text of ['one', 'two', 'three']) {
    await first.say('s', [text])
    await first.engine.sync()
  }
  const newest = objects.namesOf('manifest/').at(-1) ?? ''
  objects.objects.delete(newest)
  await expect(first.engine.sync()).rejects.toEqual(coded('backup-rolled-back'))
  const second = await join(objects, 'second')
  await second.engine.restore()
  const next = objects.namesOf('manifest/').at(-1) ?? ''
  objects.objects.delete(next)
  await expect(second.engine.sync()).rejects.toEqual(coded('backup-rolled-back'))
})

it('skips a session that a tab has open', async () => {
  const objects = new ObjectStoreDouble()
  const first = await begin(objects)
  const second = await join(objects, 'second')
  await first.say('s', ['one'])
  await first.engine.sync()
  await second.engine.restore()
  await first.say('s', ['two'])
  await first.engine.sync()
  second.open.add('s')
  const skipped = [{ id: 's', code: 'backup-session-open' }]
  expect(await second.engine.restore()).toMatchObject({ updated: [], skipped })
  await expect(second.engine.deleteSession('s')).rejects.toEqual(coded('backup-session-open'))
  await first.engine.deleteSession('s')
  expect(await second.engine.sync()).toMatchObject({ deleted: [], skipped })
  second.open.clear()
  expect(await second.engine.sync()).toMatchObject({ deleted: ['s'], skipped: [] })
})

it('opens with a passphrase or the recovery code, and with nothing else', async () => {
  const objects = new ObjectStoreDouble()
  const first = await Profile.create('first', objects)
  const code = createRecoveryCode()
  await first.engine.create([{ passphrase: PASSPHRASE }, { recoveryCode: code }], ITERATIONS)
  const second = await Profile.create('second', objects)
  await expect(second.engine.sync()).rejects.toEqual(coded('backup-locked'))
  await expect(second.engine.unlock({ passphrase: 'wrong' })).rejects.toEqual(coded('backup-secret-wrong'))
  await expect(second.engine.unlock({ recoveryCode: createRecoveryCode() })).rejects.toEqual(
    coded('backup-secret-wrong'),
  )
  await expect(second.engine.unlock({ recoveryCode: 'ABCD' })).rejects.toEqual(coded('backup-code-mistyped'))
  await expect(second.engine.create([{ passphrase: 'x' }], ITERATIONS)).rejects.toEqual(
    coded('backup-exists'),
  )
  await second.engine.unlock({ recoveryCode: code.toLowerCase().replaceAll('-', ' ') })
  expect(await second.engine.isOpen()).toBe(true)
  await second.engine.addSecret({ passphrase: 'another' }, ITERATIONS)
  const third = await Profile.create('third', objects)
  await third.engine.unlock({ passphrase: 'another' })
  await third.engine.forget()
  await expect(third.engine.sync()).rejects.toEqual(coded('backup-locked'))
})

it('reports an empty store as missing', async () => {
  const profile = await Profile.create('only', new ObjectStoreDouble())
  await expect(profile.engine.unlock({ passphrase: 'x' })).rejects.toEqual(coded('backup-missing'))
})

it('reports that the store failed, and keeps its error as the cause', async () => {
  const objects = new ObjectStoreDouble()
  const first = await begin(objects)
  const cause = new Error('503')
  objects.before = () => {
    throw cause
  }
  const error = await first.engine.sync().catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(BackupError)
  expect(error).toMatchObject({ code: 'backup-unreachable', cause })
})

it('detects that a copy of the profile has continued the chain, and continues as another device', async () => {
  const objects = new ObjectStoreDouble()
  const first = await begin(objects)
  await first.say('s', ['one'])
  await first.engine.sync()
  const restoreState = await first.snapshot()
  await first.say('s', ['two'])
  await first.engine.sync()

  // The profile is rolled back, as by a restored disk.
  await restoreState()
  await first.say('s', ['another two'])
  await expect(first.engine.sync()).rejects.toEqual(coded('backup-forked'))
  await first.engine.startNewDevice()
  await first.engine.sync()
  const report = await first.engine.restore()
  expect(report.copied).toHaveLength(1)
  expect(await first.texts(report.copied[0]?.id ?? '')).toEqual(['one', 'two'])
})

it('keeps the number of entries in a manifest small with many sessions', async () => {
  const objects = new ObjectStoreDouble()
  const first = await begin(objects)
  for (let index = 0; index < 80; index++) {
    await first.say(`s${index}`, ['one'])
    if (index % 7 === 0) await first.engine.sync()
  }
  await first.engine.sync()
  const second = await join(objects, 'second')
  expect((await second.engine.restore()).restored).toHaveLength(80)
  const sizes = objects.namesOf('manifest/').map((name) => objects.objects.get(name)?.length ?? 0)
  expect(Math.max(...sizes)).toBeLessThan(16_000)
})

it('stays fast to verify after hundreds of manifests, and detects each one that is rolled back', async () => {
  const objects = new ObjectStoreDouble()
  const first = await begin(objects)
  const second = await join(objects, 'second')
  await first.say('s', ['0'])
  await first.engine.sync()
  await second.engine.restore()
  const before = new Map(objects.objects)
  for (let index = 1; index <= 300; index++) {
    await first.say('s', [String(index)])
    await first.engine.sync()
  }
  const { get } = objects.counts
  await second.engine.restore()
  expect(await second.texts('s')).toHaveLength(301)
  expect(objects.counts.get - get).toBeLessThan(50)
  objects.objects.clear()
  for (const [name, bytes] of before) objects.objects.set(name, bytes)
  await expect(second.engine.sync()).rejects.toEqual(coded('backup-rolled-back'))
  await expect(first.engine.sync()).rejects.toEqual(coded('backup-rolled-back'))
})

it('keeps what the user changes while a restore downloads the other version', async () => {
  const objects = new ObjectStoreDouble()
  const first = await begin(objects)
  await first.say('s', ['one', 'two'])
  await first.engine.sync()
  let onDownload = async () => {}
  const second = await join(
    {
      put: (name, bytes) => objects.put(name, bytes),
      list: (prefix) => objects.list(prefix),
      delete: (name) => objects.delete(name),
      async get(name) {
        if (name.startsWith('object/')) await onDownload()
        return objects.get(name)
      },
    },
    'second',
  )
  await second.engine.restore()
  await first.say('s', ['three'])
  await first.engine.sync()

  onDownload = async () => {
    onDownload = async () => {}
    await second.change('s', 0, 'changed meanwhile')
  }
  const { updated, copied, skipped } = await second.engine.restore()
  expect({ updated, skipped }).toEqual({ updated: [], skipped: [] })
  expect(await second.texts('s')).toEqual(['changed meanwhile', 'two'])
  expect(await second.texts(copied[0]?.id ?? '')).toEqual(['one', 'two', 'three'])
})

it('ignores names that the store adds, such as those of built-in properties', async () => {
  const objects = new ObjectStoreDouble()
  const first = await begin(objects)
  await first.say('s', ['one'])
  await first.engine.sync()
  const [, vault] = (objects.namesOf('device/')[0] ?? '').split('/')
  for (const name of ['constructor', 'toString', '__proto__'])
    objects.objects.set(`device/${vault}/${name}`, Uint8Array.of(1))
  expect(await first.engine.sync()).toMatchObject({ uploaded: [], skipped: [] })
})

it('remembers what it has seen if the browser has lost its device key', async () => {
  const objects = new ObjectStoreDouble()
  const first = await begin(objects)
  await first.say('s', ['one'])
  await first.engine.sync()
  const manifests = objects.namesOf('manifest/')
  await first.say('s', ['two'])
  await first.engine.sync()
  const second = await join(objects, 'second')
  await second.engine.restore()
  second.loseDeviceKeys()
  await expect(second.engine.sync()).rejects.toEqual(coded('backup-locked'))

  const newer = objects.namesOf('manifest/').filter((name) => !manifests.includes(name))
  const withheld = newer.map((name) => [name, objects.objects.get(name) as Uint8Array] as const)
  for (const name of newer) objects.objects.delete(name)
  const rolledBack = coded('backup-rolled-back')
  await expect(second.engine.unlock({ passphrase: PASSPHRASE })).rejects.toEqual(rolledBack)
  await expect(second.engine.sync()).rejects.toEqual(rolledBack)

  for (const [name, bytes] of withheld) objects.objects.set(name, bytes)
  expect(await second.engine.sync()).toMatchObject({ skipped: [] })
})

it('keeps an open backup if another one can be opened with a secret, but not read', async () => {
  const objects = new ObjectStoreDouble()
  const first = await begin(objects)
  await first.say('s', ['one'])
  await first.engine.sync()
  const manifests = objects.namesOf('manifest/')
  await first.say('s', ['two'])
  await first.engine.sync()
  const second = await join(objects, 'second')

  // The app asks for the folder of another user, whose store fails after the secret has been read.
  const own = new Map(objects.objects)
  objects.objects.clear()
  const other = await begin(objects, 'other')
  await other.say('t', ['other'])
  await other.engine.sync()
  objects.before = (method, name) => {
    if (method === 'get' && name.startsWith('manifest/')) throw new Error('lost')
  }
  await expect(second.engine.unlock({ passphrase: PASSPHRASE })).rejects.toEqual(coded('backup-unreachable'))
  objects.before = () => {}

  objects.objects.clear()
  for (const [name, bytes] of own)
    if (!name.startsWith('manifest/') || manifests.includes(name)) objects.objects.set(name, bytes)
  await expect(second.engine.sync()).rejects.toEqual(coded('backup-rolled-back'))
})

it('works in a tab that was open while another one forgot the backup and opened it again', async () => {
  const objects = new ObjectStoreDouble()
  const first = await begin(objects)
  await first.say('s', ['hello'])
  const other = await first.restart()
  await other.engine.sync()
  await first.engine.forget()
  await first.engine.unlock({ passphrase: PASSPHRASE })
  await first.say('s', ['again'])
  expect(await other.engine.sync()).toMatchObject({ uploaded: ['s'], skipped: [] })
})
