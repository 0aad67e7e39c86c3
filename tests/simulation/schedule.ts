import { createRandom } from './random.js'

/** An event that is due. Events in one lane, for example page 1's disk, are about equally slow. */
export interface Due {
  lane: string
}

/** Average number of steps between rank changes in a ranked schedule. */
const RANK_STEPS = 10
/** Share of slow lanes in an uneven schedule, and the weight of their events. */
const SLOW_SHARE = 0.25
const SLOW_WEIGHT = 0.03

/**
 * Decides which event happens next. Every kind of schedule can produce every order. Most faults need one event to be late while
 * many others happen, which an even choice hardly ever produces.
 *
 * - `even`: each event is equally likely.
 * - `uneven`: some lanes are slow throughout.
 * - `ranked`: the lane with the highest rank goes first, and ranks change now and then (probabilistic concurrency testing).
 *
 * In half of the schedules, all events of a page share one lane.
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
