import { expect, it } from 'vitest'
import { begin, ObjectStoreDouble } from './support.js'

const TEXT =
  'It is about as long as the average sentence of an agent that explains something to a person. '.repeat(2)
const SEGMENT = 64

/** Uploads a whole segment of messages, one sync for each, after a conversation of this length. */
async function measure(length: number) {
  const objects = new ObjectStoreDouble()
  const profile = await begin(objects)
  // Ends at a segment boundary, so that each length is measured at the same positions.
  await profile.say(
    's',
    Array.from({ length: length - (length % SEGMENT) }, () => TEXT),
  )
  await profile.engine.sync()
  const before = { ...objects.counts }
  const rounds = 16
  for (let round = 0; round < rounds; round++) {
    await profile.say(
      's',
      Array.from({ length: SEGMENT / rounds }, () => TEXT),
    )
    await profile.engine.sync()
  }
  const perSync = (name: keyof typeof before) => (objects.counts[name] - before[name]) / rounds
  return {
    kilobytes: perSync('bytesPut') / 1000,
    put: perSync('put'),
    get: perSync('get'),
    list: perSync('list'),
    delete: perSync('delete'),
  }
}

const lengths = [128, 1_000, 10_000, 100_000]

it('costs the same for each save in a conversation of 100,000 messages as in one of 128', async () => {
  const measured: Awaited<ReturnType<typeof measure>>[] = []
  for (const length of lengths) measured.push(await measure(length))
  if (process.env.BACKUP_ROUNDS) console.table(Object.fromEntries(lengths.map((n, i) => [n, measured[i]])))
  const [short, ...longer] = measured
  for (const long of longer) {
    // One closed segment per 16 saves, and one group of names per 256.
    expect(long.put).toBeLessThan((short?.put ?? 0) + 0.2)
    expect(long.get).toBe(short?.get)
    expect(long.list).toBe(short?.list)
    expect(long.delete).toBeLessThan((short?.delete ?? 0) + 0.2)
    expect(long.kilobytes).toBeLessThan((short?.kilobytes ?? 0) * 1.25)
  }
}, 300_000)
