import { createRandom } from './random.js'

/** An event that is due. The events of one lane, for example the disk of page 1, are about equally slow. */
export interface Due {
  lane: string
}

/** Steps after which a ranked schedule changes the rank of a lane, on average. */
const RANK_STEPS = 10
/** Share of the lanes that are slow in an uneven schedule, and how much more rarely their events come. */
const SLOW_SHARE = 0.25
const SLOW_WEIGHT = 0.03

/**
 * Decides which event happens next. Every order is possible in each kind of schedule. Most faults need one event that is late while
 * many others happen, and an even choice hardly ever gives that.
 *
 * - `even`: each event is equally likely.
 * - `uneven`: some lanes are slow throughout.
 * - `ranked`: the lane of the highest rank goes first, and now and then a lane gets another rank (probabilistic concurrency testing).
 *
 * In half of the cases a page has one lane for all of its events.
 */
export class Schedule {
  readonly #random: () => number
  readonly #kind: 'even' | 'uneven' | 'ranked'
  readonly #isByPage: boolean
  readonly #ranks = new Map<string, number>()
  readonly #laneOf = new Map<string, string>()

  constructor(seed: number) {
    this.#random = createRandom(seed)
    this.#kind = (['even', 'uneven', 'ranked'] as const)[Math.floor(this.#random() * 3)] ?? 'even'
    this.#isByPage = this.#random() < 0.5
  }

  /** Returns the index of the next event. */
  choose(due: readonly Due[]): number {
    if (this.#kind === 'even') return Math.floor(this.#random() * due.length)
    return this.#kind === 'uneven' ? this.#chooseByWeight(due) : this.#chooseByRank(due)
  }

  #chooseByWeight(due: readonly Due[]): number {
    const weightOf = ({ lane }: Due) => (this.#rankOf(lane) < SLOW_SHARE ? SLOW_WEIGHT : 1)
    let left = this.#random() * due.reduce((sum, each) => sum + weightOf(each), 0)
    return Math.max(
      0,
      due.findIndex((each) => {
        left -= weightOf(each)
        return left < 0
      }),
    )
  }

  #chooseByRank(due: readonly Due[]): number {
    let chosen = 0
    for (let index = 1; index < due.length; index++) {
      if (this.#rankOf((due[index] as Due).lane) > this.#rankOf((due[chosen] as Due).lane)) chosen = index
    }
    const { lane } = due[chosen] as Due
    if (this.#random() < 1 / RANK_STEPS) this.#ranks.set(this.#groupOf(lane), this.#random())
    return chosen
  }

  #rankOf(lane: string): number {
    const group = this.#groupOf(lane)
    const known = this.#ranks.get(group)
    if (known !== undefined) return known
    const rank = this.#random()
    this.#ranks.set(group, rank)
    return rank
  }

  #groupOf(lane: string): string {
    const known = this.#laneOf.get(lane)
    if (known !== undefined) return known
    const group = (this.#isByPage && /page \d+/.exec(lane)?.[0]) || lane
    this.#laneOf.set(lane, group)
    return group
  }
}
