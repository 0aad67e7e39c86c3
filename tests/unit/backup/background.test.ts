import { createBackup, type ObjectStore } from 'redux-voice-agent/backup'
import { afterEach, expect, it, vi } from 'vitest'
import type { RecordStore } from '../../../src/lib/voice-agent/storage/database/record-store.js'

const disk = vi.hoisted(() => ({ reads: 0 }))

vi.mock('../../../src/lib/voice-agent/storage/database/open-database.js', () => ({
  DEFAULT_DATABASE_NAME: 'db',
  openDatabase: async () => {
    const store: Partial<RecordStore> = {
      isErased: async () => false,
      async readMany() {
        disk.reads++
        throw new Error('The disk fails.')
      },
      close() {},
    }
    return { store, keys: {} }
  },
}))

afterEach(() => vi.useRealTimers())

const unused = () => Promise.reject(new Error('unused'))
const objects: ObjectStore = { put: unused, get: unused, list: unused, delete: unused }

it.each([2 ** 31, Number.POSITIVE_INFINITY])(
  'a failed sync is not repeated before %d ms',
  async (intervalMs) => {
    disk.reads = 0
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const backup = createBackup({ objects })
    const onError = vi.fn()
    backup.syncAfterSaves({ intervalMs, onError })
    await vi.waitFor(() => expect(onError).toHaveBeenCalledOnce())
    await vi.advanceTimersByTimeAsync(60_000)
    expect(disk.reads).toBe(1)
    await backup.close()
  },
)

it.each([-1, Number.NaN, '5' as unknown as number])('an interval of %s is a mistake', async (intervalMs) => {
  const backup = createBackup({ objects })
  expect(() => backup.syncAfterSaves({ intervalMs })).toThrow(
    expect.objectContaining({ code: 'invalid-option' }),
  )
  await backup.close()
})

it('a browser without Web Locks is unsupported', async () => {
  vi.stubGlobal('navigator', {})
  const backup = createBackup({ objects })
  await expect(backup.sync()).rejects.toMatchObject({ code: 'backup-unsupported' })
  await backup.close()
  vi.unstubAllGlobals()
})
