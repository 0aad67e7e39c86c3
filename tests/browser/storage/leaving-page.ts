import { createStorage } from '../../../src/lib/voice-agent/storage/index.js'
import { snapshotOf } from './snapshots.js'

/** Reports how many messages the previous page left, and leaves `length` messages when it closes. */
export async function run(databaseName: string, length: number): Promise<void> {
  const { records } = createStorage({ databaseName })
  await records.open(() => {})
  const found = await records.getItem('s1')
  if (!found) await records.create('s1')
  records.stage(snapshotOf({ length, revision: length }))
  addEventListener('pagehide', () => records.flushSync())
  parent.postMessage(found?.messages.length ?? 0, '*')
}
