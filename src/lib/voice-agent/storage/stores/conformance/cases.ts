import type { ByteStore, OpenByteStore } from '../byte-store.js'
import { contentsCases } from './cases/contents.js'
import { modelCases } from './cases/model.js'
import { queriesCases } from './cases/queries.js'
import { sharingCases } from './cases/sharing.js'
import { type StoreRuleId, storeRules } from './rules.js'
import { ALL, type Cases, type World, write } from './world.js'

const cases: Required<Cases> = { ...contentsCases, ...queriesCases, ...sharingCases, ...modelCases }

export async function runStoreRule(id: StoreRuleId, open: OpenByteStore): Promise<void> {
  const base = `conformance-${Math.random().toString(36).slice(2)}`
  const opened: ByteStore[] = []
  const openOne = async (name = '') => {
    const store = await open(base + name)
    opened.push(store)
    return store
  }
  try {
    const world: World = { open: openOne, store: await openOne() }
    await cases[id](world)
    for (const store of opened) await write(store, { remove: [ALL] }).catch(() => {})
  } catch (cause) {
    throw new Error(`A store ${storeRules[id].name}. ${cause instanceof Error ? cause.message : ''}`, {
      cause,
    })
  } finally {
    for (const store of opened) await store.close()
  }
}
