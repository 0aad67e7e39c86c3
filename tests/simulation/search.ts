import { Dice } from './random.js'
import type { Op, Subject } from './subject.js'

/** A case and the seed of the schedule in which it runs. */
export interface Case<Step extends Op> {
  ops: readonly Step[]
  schedule: number
}

/** Share of the cases that are variants of earlier ones. */
const VARIED_SHARE = 0.5
/** Share of the variants that only happen in another order. */
const RESCHEDULED_SHARE = 0.25

/**
 * Chooses cases: random ones, and variants of those that met a situation for the first time. A run reaches few situations by chance that
 * need several ops, and many by a change of one that reached some of them.
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
    // With the same schedule, all that comes before the change is as it was.
    const isSame = dice.chance(0.5)
    const ops = this.#subject.vary(kept.ops, this.#choose(dice)?.ops ?? kept.ops, dice)
    return { ops, schedule: isSame ? kept.schedule : schedule }
  }

  /** Keeps a case that met something for the first time. */
  learn(run: Case<Step>, situations: Iterable<string>): void {
    const known = this.#met.size
    for (const situation of situations) this.#met.add(situation)
    if (this.#met.size > known) this.#kept.push(run)
  }

  get situations(): number {
    return this.#met.size
  }

  /** Late ones more often than early ones, which anything reaches. */
  #choose(dice: Dice): Case<Step> | undefined {
    const { length } = this.#kept
    return this.#kept[Math.max(dice.below(length), dice.below(length))]
  }
}
