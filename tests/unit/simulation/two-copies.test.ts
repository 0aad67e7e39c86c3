import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { Browser, Page, StorageArea } from '../../simulation/browser.js'
import { Disk } from '../../simulation/disk.js'
import { bundleStorage } from '../../simulation/storage/storage.simulation.js'
import { World } from '../../simulation/world.js'

test('two copies of the package in one page each keep a session across reloads, in any order of events', async () => {
  const code = await bundleStorage()
  await fc.assert(
    fc.asyncProperty(fc.noBias(fc.integer()), async (seed) => {
      const world = new World(seed)
      const browser = new Browser(world)
      const disk = new Disk(world)
      const area = new StorageArea()

      /** Loads a page with both copies, each with its own modules, and returns the sessions that they find. */
      async function load(begin: readonly string[]): Promise<(string | null)[]> {
        const page = new Page(browser, 'page', area)
        const globals = page.globals({ openRecordStore: () => disk.open(page) })
        const copies = [code(globals), code(globals)].map(({ createStorage }) => createStorage({}))
        const found: (string | null)[] = []
        for (const [index, { records, tokens, tab }] of copies.entries()) {
          void records
            .open(() => {})
            .then(async () => {
              await tab.claim()
              found[index] = tokens.read()?.persistedSessionId ?? null
              const id = begin[index]
              if (id === undefined) return
              await records.create(id)
              await tokens.save(id, { token: 't', expiresAt: world.now() + 60_000, sessionId: id })
            })
        }
        await world.rest()
        page.die()
        disk.close(page)
        await world.rest()
        return found
      }

      expect(await load(['of the first', 'of the second'])).toEqual([null, null])
      expect(await load([])).toEqual(['of the first', 'of the second'])
      expect(await load([])).toEqual(['of the first', 'of the second'])
    }),
    { numRuns: 50 },
  )
}, 300_000)
