import { setTimeout as delay } from 'node:timers/promises'
import type { Frame, Page } from 'playwright'
import { withTimeout } from '../../middleware/waiting.js'
import type { ChaosBrowser } from './browser.js'
import { type Found, type Judgement, type Note, Oracle } from './oracle.js'
import type {} from './page/main.js'
import { describe, type Passphrase, type Place, type Plan, planOf, type Step } from './plan.js'

export interface ChaosRun extends Judgement {
  seed: string
  run: number
  /** Losses, page errors, and steps that did not finish. Empty if all is well. */
  complaints: string[]
  /** Descriptions of the steps, with their results. */
  steps: string[]
  plan: Plan
  notes: Note[]
  ms: number
}

export interface ChaosOptions {
  seed: string
  run: number
  browser: ChaosBrowser
  /** Damages the stored data behind the package's back before the judgement, to check that the oracle detects it. */
  sabotage?: (page: Page, sessionIds: readonly string[]) => Promise<void>
  /** Replaces the steps from the seed. */
  plan?: Plan
}

/** Time limit for each step, in milliseconds. A tab that waits for a silent owner takes nine seconds. */
const stepLimit = 30_000

/** Runs the steps of a seed in a browser, and judges from outside whether everything reported as saved still exists. */
export async function chaos({
  seed,
  run,
  browser,
  sabotage,
  plan = planOf(seed, run),
}: ChaosOptions): Promise<ChaosRun> {
  const begun = Date.now()
  const oracle = new Oracle()
  const notes: Note[] = []
  const steps: string[] = []
  const complaints: string[] = []
  try {
    await browser.begin(`run-${run}`, (note) => {
      notes.push(note)
      oracle.note(note)
    })
    const runner = new Runner(browser, oracle, plan)
    for (const [index, step] of plan.steps.entries()) {
      const from = Date.now()
      const result = await limited(runner.run(step, index)).catch((error: unknown) => {
        complaints.push(`step ${index + 1} failed: ${firstLine(error)}`)
        return 'failed'
      })
      steps.push(`${index + 1}. ${describe(step)}: ${result} (${Date.now() - from} ms)`)
    }
    const found = await limited(findAll(browser, plan, oracle.sessionIds, sabotage), 3 * stepLimit)
    const judgement = oracle.judge(found)
    return {
      ...judgement,
      seed,
      run,
      steps,
      plan,
      notes,
      ms: Date.now() - begun,
      complaints: [...judgement.losses, ...complaints, ...browser.complaints],
    }
  } finally {
    await browser.end()
  }
}

const limited = <T>(work: Promise<T>, ms = stepLimit): Promise<T> =>
  withTimeout(ms, work, () => new Error(`It did not finish within ${ms} ms.`))

const firstLine = (error: unknown) => String(error instanceof Error ? error.message : error).split('\n')[0]

class Runner {
  readonly #browser: ChaosBrowser
  readonly #oracle: Oracle
  readonly #plan: Plan
  readonly #passphrases = new Map<number, Passphrase>()
  #offset = 0

  constructor(browser: ChaosBrowser, oracle: Oracle, plan: Plan) {
    this.#browser = browser
    this.#oracle = oracle
    this.#plan = plan
  }

  /** @returns a short description of the result */
  run(step: Step, index: number): Promise<string> {
    const browser = this.#browser
    switch (step.type) {
      case 'open':
        this.#passphrases.set(step.tab, step.passphrase)
        return this.#begin(step.tab, browser.open(step.tab, this.#query(step.tab, step.hasFrame)))
      case 'duplicate': {
        this.#passphrases.set(step.tab, this.#passphrases.get(step.from) ?? 'right')
        const hasFrame = browser.pageOf(step.from).frames().length > 1
        const query = this.#query(step.tab, hasFrame)
        return this.#begin(step.tab, browser.duplicate(step.tab, step.from, query))
      }
      case 'say':
        return this.#say(browser.documentAt(step.place), index, step.length, step.isSaved)
      case 'answer':
        return this.#answer(browser.documentAt(step.place), index, step.length)
      case 'create':
        return resultOf(browser.documentAt(step.place).evaluate(() => window.chaos.create()))
      case 'cleanUp':
        return resultOf(browser.documentAt(step.place).evaluate(() => window.chaos.cleanUp()))
      case 'restore':
        return this.#restore(step.place, step.pick)
      case 'remove':
        return this.#remove(step.place, step.pick)
      case 'leave':
        return this.#leave(step.tab, step.end)
      case 'storm':
        return this.#storm(step, index)
      case 'clock':
        return this.#setClock(step.offset, step.isNoticed)
      case 'quota':
        return resultOf(browser.setQuota(step.bytes))
    }
  }

  #query(tab: number, hasFrame: boolean): string {
    const { choice } = this.#plan
    const passphrase = this.#passphrases.get(tab) ?? 'right'
    const query = new URLSearchParams({ passphrase, choice, clock: String(this.#offset) })
    if (hasFrame) query.set('frame', '')
    return String(query)
  }

  /** Waits until the documents in a tab have finished restoring, and are in a call. */
  async #begin(tab: number, loading: Promise<unknown>): Promise<string> {
    await loading
    const results: string[] = []
    for (const frame of this.#browser.pageOf(tab).frames()) {
      await frame.waitForFunction(() => 'chaos' in window)
      results.push(
        await frame.evaluate(async () => {
          const { conversation } = await window.chaos.loaded
          const failure = await window.chaos.connect()
          const { storage, error } = window.chaos.session()
          return [conversation, storage, failure, error?.code].filter(Boolean).join(', ')
        }),
      )
    }
    return results.join(' | ')
  }

  async #say(document: Page | Frame, index: number, length: number, isSaved: boolean): Promise<string> {
    return document.evaluate(
      async ([label, size, saves]) => {
        const failure = await window.chaos.say(label, size)
        return failure ?? (saves ? window.chaos.save() : 'said')
      },
      [`#${index + 1}`, length, isSaved] as const,
    )
  }

  async #answer(document: Page | Frame, index: number, length: number): Promise<string> {
    await document.evaluate(([label, size]) => window.chaos.answer(label, size), [
      `#${index + 1}`,
      length,
    ] as const)
    return 'said'
  }

  async #pick(place: Place, pick: number): Promise<string | null> {
    const list = await this.#browser.documentAt(place).evaluate(() => window.chaos.list())
    // The list is ordered by clock readings, and ids are random. The order of creation matches the steps.
    const ids = list.sort((one, other) => one.createdAt - other.createdAt).map(({ id }) => id)
    return ids[pick % Math.max(1, ids.length)] ?? null
  }

  async #restore(place: Place, pick: number): Promise<string> {
    const id = await this.#pick(place, pick)
    if (id === null) return 'nothing is listed'
    const outcome = await this.#browser
      .documentAt(place)
      .evaluate((sessionId) => window.chaos.restore(sessionId), id)
    return `${id}: ${outcome.conversation}, ${outcome.reason ?? outcome.error ?? 'no error'}`
  }

  async #remove(place: Place, pick: number): Promise<string> {
    const id = await this.#pick(place, pick)
    if (id === null) return 'nothing is listed'
    this.#oracle.noteRemoval(id, false)
    const failure = await this.#browser
      .documentAt(place)
      .evaluate((sessionId) => window.chaos.remove(sessionId), id)
    if (failure === null) this.#oracle.noteRemoval(id, true)
    return `${id}: ${failure ?? 'deleted'}`
  }

  async #leave(tab: number, end: Extract<Step, { type: 'leave' }>['end']): Promise<string> {
    const browser = this.#browser
    if (end === 'browser is killed') await browser.killAndStart()
    else if (end === 'tab crashes') await browser.crashTab(tab)
    else if (end === 'tab is closed') await browser.closeTab(tab)
    else return this.#begin(tab, browser.pageOf(tab).reload())
    return 'gone'
  }

  /** Starts everything without awaiting it, until the end comes. */
  async #storm(
    { tab, length, afterMs, end }: Extract<Step, { type: 'storm' }>,
    index: number,
  ): Promise<string> {
    const documents = this.#browser.tabs.flatMap((open) => this.#browser.pageOf(open).frames())
    const speaking = documents.map((document, number) =>
      document
        .evaluate(
          async ([label, size]) => {
            await window.chaos.say(label, size)
            return window.chaos.save()
          },
          [`#${index + 1}.${number}`, length] as const,
        )
        // Some documents disappear before they can respond.
        .catch(() => 'gone'),
    )
    await delay(afterMs)
    const left = await this.#leave(tab, end)
    return `${(await Promise.all(speaking)).join(' | ')} | ${left}`
  }

  async #setClock(offset: number, isNoticed: boolean): Promise<string> {
    this.#offset = offset
    if (!isNoticed) return 'done'
    const documents = this.#browser.tabs.flatMap((open) => this.#browser.pageOf(open).frames())
    await Promise.all(
      documents.map((document) => document.evaluate((ms) => window.chaos.setClock(ms), offset)),
    )
    return 'done'
  }
}

const resultOf = async (work: Promise<unknown>) => String((await work) ?? 'done')

/** Closes all tabs, and reads everything in a new one, with the right passphrase and enough room. */
async function findAll(
  browser: ChaosBrowser,
  { isKilledAtEnd }: Plan,
  sessionIds: readonly string[],
  sabotage: ChaosOptions['sabotage'],
): Promise<Found[]> {
  await browser.setQuota(null)
  if (isKilledAtEnd) await browser.killAndStart()
  else for (const tab of browser.tabs) await browser.closeTab(tab)
  // This page deletes nothing, because nothing exceeds its retention.
  const query = new URLSearchParams({ passphrase: 'right', retention: String(100 * 365 * 86_400_000) })
  const page = await browser.open(0, String(query))
  await page.waitForFunction(() => 'chaos' in window)
  await page.evaluate(async () => void (await window.chaos.loaded))
  await sabotage?.(page, sessionIds)
  return page.evaluate(async () => {
    const found = []
    for (const { id, recoveredFrom } of await window.chaos.list()) {
      const { conversation, reason, error } = await window.chaos.restore(id)
      const isOpen = conversation === 'restored' && window.chaos.session().id === id
      const { lost } = window.chaos.session().restore
      found.push({
        id,
        recoveredFrom: recoveredFrom ?? null,
        texts: isOpen ? window.chaos.seen() : null,
        reason: [reason, error, lost.length > 0 ? `${lost.length} gaps` : null].filter(Boolean).join(', '),
      })
    }
    return found
  })
}
