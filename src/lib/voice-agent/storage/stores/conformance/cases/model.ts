import type { ByteBatch, ByteStore, IndexQuery } from '../../byte-store.js'
import { ByteMap } from '../../memory-store.js'
import { ALL, assertSame, bytesOf, type Cases, placesOf, put, randomNumbers, textOf } from '../world.js'

/** Random batches, compared with a model. */
export const modelCases = {
  async model({ store, open }) {
    const model = new ByteMap()
    const random = randomNumbers(7)
    const pick = (count: number) => Math.floor(random() * count)
    const keyOf = () => `${'abAB/%~'[pick(7)]}${['', '/', '/1', '10'][pick(4)]}`
    let current = store
    for (let round = 0; round < 200; round++) {
      const expect = Array.from({ length: pick(3) }, () => {
        const key = keyOf()
        const held = model.valueOf(key)
        return { key, value: pick(4) === 0 ? bytesOf(String(pick(5))) : held }
      })
      const bounds = () => {
        const [lower = '', upper = ''] = [keyOf(), keyOf()].sort()
        return lower === upper ? ([lower, `${upper}~`] as const) : ([lower, upper] as const)
      }
      const remove = Array.from({ length: pick(2) }, () => {
        const [lower, upper] = bounds()
        return pick(2) === 0 ? lower : { lower, upper }
      })
      const puts = new Map(
        Array.from({ length: pick(4) }, () => {
          const key = keyOf()
          return [key, put(key, String(pick(5)), pick(4) === 0 ? null : pick(6))] as const
        }),
      )
      const batch: ByteBatch = { expect, remove, put: [...puts.values()], durability: 'relaxed' }
      const expected = model.allows(batch) ? 'written' : 'conflict'
      if (expected === 'written') model.apply(batch)
      assertSame(await current.write(batch), expected, `Round ${round}`)

      const [lower, upper] = bounds()
      const query = {
        keys: [keyOf(), keyOf()],
        ranges: [{ ...ALL }, { lower, upper, reverse: pick(2) === 0, limit: pick(5) + 1 }],
      }
      const plain = ({ values, ranges }: Awaited<ReturnType<ByteStore['read']>>) => [
        values.map(textOf),
        ranges.map((entries) => entries.map(({ key, value }) => [key, textOf(value)])),
      ]
      assertSame(plain(await current.read(query)), plain(model.read(query)), `A read in round ${round}`)
      const place: IndexQuery = {
        limit: pick(6) + 1,
        reverse: pick(2) === 0,
        ...(pick(2) === 0 ? { below: pick(7) } : {}),
        ...(pick(2) === 0 ? { after: { updatedAt: pick(6), key: keyOf() } } : {}),
      }
      const page = await current.readIndex(place)
      assertSame(placesOf(page), placesOf(model.readIndex(place)), `The index in round ${round}`)
      if (round % 50 === 49) {
        await current.close()
        current = await open()
      }
    }
  },
} satisfies Cases
