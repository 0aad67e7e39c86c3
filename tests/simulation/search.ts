import { Dice } from './random.js'
import type { Op, Subject } from './subject.js'

/** A case and the seed of its schedule. */
export interface Case<Step extends Op> {
  ops: readonly Step[]
  schedule: number
}

/** Share of cases that are variants of earlier ones. */
const VARIED_SHARE = 0.5
/** Share of variants that only run in another order. */
const RESCHEDULED_SHARE = 0.25

/**
 * Chooses cases: random ones, and variants of those that reached a new situation. Random cases rarely reach situations that need
 * several ops. A variant of a case that got part of the way often does.
 */
export class Search<Step extends Op> {
  readonly #subject: Subject<Step>
  readonly #dice: Dice
  readonly #kept: Case<Step>[] = []
  readonly #met = new Set<string>()

  constructor(subject: Subject<Step>, seed: number) {
    this.#subject = subject
    this.#dice = new Dice(seed)
  }

  next(): Case<Step> {
    const dice = new Dice(this.#dice.seed())
    const kept = dice.chance(VARIED_SHARE) ? this.#choose(dice) : undefined
    const schedule = dice.seed()
    if (!kept) return { ops: this.#subject.draw(dice), schedule }
    if (dice.chance(RESCHEDULED_SHARE)) return { ops: kept.ops, schedule }
    // With the same schedule, everything before the change stays the same.
    const isSame = dice.chance(0.5)
    const ops = this.#subject.vary(kept.ops, this.#choose(dice)?.ops ?? kept.ops, dice)
    return { ops, schedule: isSame ? kept.schedule : schedule }
  }

  /** Keeps a case that reached a new situation. */
  learn(run: Case<Step>, situations: Iterable<string>): void {
    const known = this.#met.size
    for (const situation of situations) this.#met.add(situation)
    if (this.#met.size > known) this.#kept.push(run)
  }

  get situations(): number {
    return this.#met.size
  }

  /** Prefers later cases, because anything reaches the situations of early ones. */
  #choose(dice: Dice): Case<Step> | undefined {
    const { length } = this.#kept
    return this.#kept[Math.max(dice.below(length), dice.below(length))]
  }
}
