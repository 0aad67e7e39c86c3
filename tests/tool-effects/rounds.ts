import type { Browser, Page } from 'playwright'
import type { ClientMessage, ConnectRequest } from '../../middleware/drivers/call/ports.js'
import type { ToolCall } from '../../store/index.js'
import { createRandom } from '../simulation/random.js'

/** Failures of the connection or the page, and when they occur relative to the tool's run. */
const incidents = ['loss', 'reload', 'reload, loss', 'loss, reload', 'silent loss'] as const
const moments = ['before', 'during', 'after'] as const
type Continuation = 'resumed' | 'reseeded'

export interface ToolRound {
  number: number
  incident: (typeof incidents)[number]
  moment: (typeof moments)[number]
  continuation: Continuation
  effects: number
  status: ToolCall['status'] | 'none'
  /** Statements about the call that the last agent received. */
  told: string[]
  complaints: string[]
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

async function until(what: string, check: () => boolean | Promise<boolean>, ms = 15_000): Promise<void> {
  for (const end = Date.now() + ms; !(await check()); ) {
    if (Date.now() > end) throw new Error(`Not within ${ms} ms: ${what}`)
    await pause(10)
  }
}

/** The shop's server, which counts effects and knows nothing of the page. */
class Shop {
  readonly effects = new Map<string, number>()
  readonly begun = new Set<string>()
  readonly ended = new Set<string>()
  delays = { before: 0, after: 0 }

  async pay(id: string): Promise<unknown> {
    this.begun.add(id)
    await pause(this.delays.before)
    this.effects.set(id, (this.effects.get(id) ?? 0) + 1)
    await pause(this.delays.after)
    this.ended.add(id)
    return { paid: id }
  }
}

/** The agents of one round. Every statement about the call is compared with the shop. */
class Agents {
  readonly complaints: string[] = []
  told: string[] = []
  next: Continuation | 'fresh' = 'fresh'
  /** True while messages are lost and the page does not know it yet. */
  isDeaf = false
  connections = 0
  readonly #id: string
  readonly #shop: Shop
  /** True once an agent was told that the call has not run, which must stay true. */
  #isDenied = false

  constructor(id: string, shop: Shop) {
    this.#id = id
    this.#shop = shop
  }

  connect(context: ConnectRequest['context']): Continuation | 'fresh' {
    this.connections++
    this.isDeaf = false
    const continuation = this.next
    if (continuation === 'resumed') return continuation
    this.told = []
    if (continuation === 'reseeded')
      for (const { id, text } of context) if (id === this.#id) this.#hear(`context ${text}`)
    return continuation
  }

  receive(message: ClientMessage): void {
    if (this.isDeaf || message.type !== 'tool-answer' || message.toolCallId !== this.#id) return
    this.#hear(`${message.isLate ? 'late ' : ''}answer ${JSON.stringify(message.answer)}`)
  }

  #hear(claim: string) {
    this.told.push(claim)
    const effects = this.#shop.effects.get(this.#id) ?? 0
    if (/"paid"/.test(claim)) {
      if (effects !== 1) this.complaints.push(`told that it was paid, with ${effects} effects: ${claim}`)
    } else if (/not run\.|: cancelled$/.test(claim)) this.#isDenied = true
    else if (!/not known/.test(claim)) this.complaints.push(`told something it can't use: ${claim}`)
  }

  settle() {
    const effects = this.#shop.effects.get(this.#id) ?? 0
    if (effects > 1) this.complaints.push(`${effects} effects`)
    if (this.#isDenied && effects > 0) this.complaints.push('told that it has not run, but it has')
  }
}

const last = <T>(values: readonly T[]) => values.at(-1)

/** Runs rounds of one tool call each, in one tab with one conversation. */
export async function runRounds(
  browser: Browser,
  {
    url,
    seed,
    rounds,
    onRound,
  }: { url: string; seed: number; rounds: number; onRound?: (round: ToolRound) => void },
): Promise<ToolRound[]> {
  const random = createRandom(seed)
  const pick = <T>(values: readonly T[]) => values[Math.floor(random() * values.length)] as T
  const shop = new Shop()
  const done: ToolRound[] = []
  let agents = new Agents('none', shop)
  const page = await browser.newPage()
  await page.exposeFunction('agentConnects', (_connection: string, context: ConnectRequest['context']) =>
    agents.connect(context),
  )
  await page.exposeFunction('agentHears', (_connection: string, message: ClientMessage) =>
    agents.receive(message),
  )
  await page.exposeFunction('pay', (id: string) => shop.pay(id))
  const connected = () =>
    until('connected', () => page.evaluate(() => window.tools?.status() === 'connected').catch(() => false))
  await page.goto(url)
  await page.evaluate(() => window.tools.connect())
  await connected()

  for (let number = 1; number <= rounds; number++) {
    const id = `call-${seed}-${number}`
    const incident = pick(incidents)
    const moment = pick(moments)
    const continuation = pick<Continuation>(['resumed', 'reseeded'])
    shop.delays = { before: random() * 60, after: random() * 60 }
    const jitter = random() * 30
    const isRepeated = random() < 0.5
    agents = new Agents(id, shop)
    agents.next = continuation
    const repeat = () =>
      page.evaluate(
        (toolCallId) =>
          window.tools.emit({
            type: 'toolCallStarted',
            toolCallId,
            name: 'pay',
            arguments: { id: toolCallId },
          }),
        id,
      )
    await repeat()
    if (moment === 'during') await until('begun', () => shop.begun.has(id))
    if (moment === 'after') await until('ended', () => shop.ended.has(id))
    await pause(moment === 'before' ? jitter / 10 : jitter)
    for (const part of incident.split(', ')) await happen(page, part, agents, connected)
    if (isRepeated && continuation === 'resumed') await repeat()
    const hasReload = incident.includes('reload')
    const statusNow = () =>
      page.evaluate(
        (toolCallId) => window.tools.messages().find((message) => message.id === toolCallId)?.tool?.status,
        id,
      )
    await until('its end', async () => {
      const status = await statusNow()
      const isSettled = hasReload ? status !== 'running' : status === 'completed'
      return isSettled && shop.begun.has(id) === shop.ended.has(id)
    }).catch((error: Error) => agents.complaints.push(error.message))
    // A settled outcome is on its way to the agent.
    await until('the agent was told', () => agents.told.length > 0, 3_000).catch(() =>
      agents.complaints.push('the agent was told nothing'),
    )
    if (!hasReload)
      await until('the outcome', () => /"paid"/.test(last(agents.told) ?? ''), 3_000).catch(() =>
        agents.complaints.push('the agent was not told the outcome'),
      )
    const status = (await statusNow()) ?? 'none'
    agents.settle()
    const effects = shop.effects.get(id) ?? 0
    if (status === 'completed' && effects !== 1)
      agents.complaints.push('shown as completed without an effect')
    if (status === 'cancelled' && effects !== 0) agents.complaints.push('shown as cancelled with an effect')
    const round: ToolRound = {
      number,
      ...{ incident, moment, continuation, effects, status },
      told: agents.told,
      complaints: agents.complaints,
    }
    done.push(round)
    onRound?.(round)
  }
  await page.close()
  return done
}

async function happen(page: Page, part: string, agents: Agents, connected: () => Promise<void>) {
  const before = agents.connections
  if (part === 'reload') {
    await page.reload()
  } else {
    if (part === 'silent loss') {
      agents.isDeaf = true
      await pause(50)
    }
    await page.evaluate(() => window.tools.emit({ type: 'connectionState', state: 'closed' }))
  }
  await until('another connection', () => agents.connections > before)
  await connected()
}
