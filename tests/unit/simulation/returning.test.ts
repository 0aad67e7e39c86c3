import { expect, test } from 'vitest'
import { snapshotOf } from '../../browser/storage/snapshots.js'
import { Browser, Page, StorageArea } from '../../simulation/browser.js'
import { Disk, loadCode } from '../../simulation/disk.js'
import { bundleStorage } from '../../simulation/storage/storage.simulation.js'
import { World } from '../../simulation/world.js'

const code = await bundleStorage()

test.each([1, 2, 3, 4, 5])(
  'the next page finds words that a returning page had not saved when it could not read its session (schedule %i)',
  async (seed) => {
    const world = new World(seed)
    const browser = new Browser(world)
    const disk = new Disk(world)
    const area = new StorageArea()
    const settle = async (work: unknown): Promise<unknown> => {
      await world.rest()
      return work
    }
    const load = async () => {
      const page = new Page(browser, 'page', area)
      const { records, tab } = loadCode(code, page, disk).createStorage({})
      void tab.claim()
      await settle(records.open(() => {}))
      return { page, records }
    }

    const { page, records } = await load()
    await settle(records.create('s1'))
    await settle(records.setItem('s1', snapshotOf({ length: 1 })))
    records.stage(snapshotOf({ length: 2, revision: 2 }))
    await world.rest()
    disk.failNext('read', page)
    expect(await settle(records.reloadIfNewer('s1'))).toBeNull()
    page.die()
    disk.close(page)
    await world.rest()

    const next = await load()
    expect(await settle(next.records.getItem('s1'))).toMatchObject({ revision: 2 })
  },
)
