import { expect, it } from 'vitest'
import { attacks, playRound } from './rounds.js'

/** `BACKUP_ROUNDS=500` plays all of them. `BACKUP_SEED` starts with another one. */
const rounds = Number(process.env.BACKUP_ROUNDS ?? 24)
const firstSeed = Number(process.env.BACKUP_SEED ?? 1)

it(
  `restores everything in honest rounds, and nothing wrong in hostile ones (${rounds} from seed ${firstSeed})`,
  async () => {
    const reported = new Map<string, Record<string, number>>()
    let crashes = 0
    let noticeable = 0
    for (let seed = firstSeed; seed < firstSeed + rounds; seed++) {
      const round = await playRound(seed, seed % 2 === 0).catch((cause: unknown) => {
        throw new Error(`Repeat it with BACKUP_SEED=${seed} BACKUP_ROUNDS=1.`, { cause })
      })
      crashes += round.crashes
      noticeable += Number(round.isNoticeable)
      const kind = round.attack ?? 'honest'
      const sums = reported.get(kind) ?? {}
      for (const [code, count] of Object.entries(round.reported)) sums[code] = (sums[code] ?? 0) + count
      reported.set(kind, sums)
    }
    if (process.env.BACKUP_ROUNDS) {
      console.table(Object.fromEntries(reported))
      console.log({ rounds, crashes, noticeable, attacks: attacks.length })
    }
    expect(rounds === 1 || reported.size > 1).toBe(true)
  },
  30_000 + rounds * 5_000,
)
