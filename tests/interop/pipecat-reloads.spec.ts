/**
 * Reloads at random moments, with Pipecat's own server. `RELOADS=50 npm run test:pipecat pipecat-reloads` does fifty in each mode.
 * `RELOAD_SEED` repeats a run.
 */
import type { Page } from '@playwright/test'
import type { Assistant } from '../e2e/support/assistant.js'
import { type Random, randomOf } from '../soak/random.js'
import { connectionOf, expect, test } from './fixtures.js'
import { controlNetwork } from './support/network.js'
import type { Leftovers, PipecatServer } from './support/pipecat-server.js'

const reloads = Number(process.env.RELOADS ?? 5)
const seed = process.env.RELOAD_SEED ?? '20261128'
const greeting = 'Hello, I am a bot on Pipecat.'

interface Kept {
  id: string
  role: string
  status: string
  text: string
  isUnsent: boolean
}

/** The conversation in the page, which is also what it stores. */
function conversationOf(page: Page): Promise<Kept[]> {
  return page.evaluate(async () => {
    const { agent, selectors } = window.voiceAgentUnderTest
    const read = () => selectors.selectMessages(agent.store.getState())
    for (let length = -1; length !== read().length; ) {
      length = read().length
      await agent.loadEarlierMessages()
    }
    return read().map(({ id, role, status, text, isUnsent = false }) => ({
      id,
      role,
      status,
      text,
      isUnsent,
    }))
  })
}

/** Every message exists once and in order. Final ones are unchanged, and partial ones have at least their words. */
function expectAllKept(before: readonly Kept[], after: readonly Kept[]) {
  expect(new Set(after.map(({ id }) => id)).size).toBe(after.length)
  const kept = after.slice(0, before.length)
  expect(kept.map(({ id }) => id)).toEqual(before.map(({ id }) => id))
  for (const [index, message] of before.entries()) {
    const { status, text } = kept[index] as Kept
    if (message.status === 'final') expect({ status, text }).toEqual({ status: 'final', text: message.text })
    else expect(text.startsWith(message.text), `"${text}" keeps "${message.text}"`).toBe(true)
  }
}

/**
 * Asks, and asks again if the connection was replaced meanwhile, because a bot without the contract does not say whether it received the
 * text. Resolves to true if it was asked twice, so the bot may have the text twice.
 */
async function askForSure(
  page: Page,
  assistant: Assistant,
  question: string,
  saidLast: string,
): Promise<boolean> {
  const again = page.getByRole('button', { name: `Try again: ${question}` })
  let isAskedAgain = false
  await assistant.say(question)
  await expect
    .poll(
      async () => {
        if (await again.isVisible()) {
          isAskedAgain = true
          await again.click()
        }
        const last = (await conversationOf(page)).at(-1)
        return last?.role === 'assistant' && last.status === 'final' ? last.text : ''
      },
      { timeout: 60_000 },
    )
    .toBe(`Before, you said "${saidLast}".`)
  return isAskedAgain
}

const moments = ['idle', 'typing', 'answering', 'connecting'] as const

/** Brings the page to the moment of a reload. */
async function approach(
  moment: (typeof moments)[number],
  { page, assistant, random, name }: { page: Page; assistant: Assistant; random: Random; name: string },
) {
  if (moment === 'typing' || moment === 'answering') await assistant.say(`Count for ${name}.`)
  if (moment === 'connecting') await page.reload()
  // The moment matters: the same seed chooses the same one.
  await page.waitForTimeout(random.between(0, moment === 'typing' ? 40 : 1_500))
}

/** aiortc 1.16 leaks the monitors of some closed connections. Connections are counted by state. */
const withoutMonitors = (found: Leftovers): Leftovers => ({
  ...found,
  tasks: found.tasks.filter((name) => name !== 'RTCIceTransport._monitor'),
})

/** A row of the guide's table. */
interface Row {
  reloads: number
  sameBot: number
  newBot: number
  notSent: number
  /** Questions that the user had to send again. */
  askedAgain: number
  /** The longest time from a reload to the call, in milliseconds. */
  slowestMs: number
}

async function reloadAtRandom(
  { page, assistant, server }: { page: Page; assistant: Assistant; server: PipecatServer },
  random: Random,
): Promise<Row> {
  const network = await controlNetwork(page)
  const row: Row = { reloads, sameBot: 0, newBot: 0, notSent: 0, askedAgain: 0, slowestMs: 0 }
  let saidLast = 'My name is Ada.'
  await assistant.startButton.click()
  await assistant.hasSaid(greeting)
  await assistant.ask(saidLast)
  for (let number = 1; number <= reloads; number++) {
    const moment = random.pick(moments)
    const startedBefore = (await server.observed()).started
    await test.step(`reload ${number}: ${moment}`, async () => {
      await network.letGoodbyesLeave(random.fraction() < 0.5)
      await approach(moment, { page, assistant, random, name: `reload ${number}` })
      const before = await conversationOf(page)
      const from = Date.now()
      await page.reload()
      // In SINGLE mode, a bot whose page left during its answer rejects all others until Pipecat gives that page up.
      await expect(assistant.connection).toHaveAttribute('data-state', 'connected', { timeout: 90_000 })
      row.slowestMs = Math.max(row.slowestMs, Date.now() - from)
      const after = await conversationOf(page)
      // A turn without words leaves nothing behind.
      expectAllKept(
        before.filter(({ text }) => text !== ''),
        after,
      )
      saidLast = after.findLast(({ role, isUnsent }) => role === 'user' && !isUnsent)?.text ?? saidLast
      const question = `Reload ${number}: what did I say before?`
      if (await askForSure(page, assistant, question, saidLast)) row.askedAgain++
      saidLast = question
    })
    if ((await server.observed()).started === startedBefore) row.sameBot++
    else row.newBot++
  }
  // With a farewell, the bot learns that the page has left.
  await network.letGoodbyesLeave(true)
  await page.reload()
  await assistant.isConnected()
  return row
}

for (const isSingle of [false, true]) {
  for (const memory of ['context', 'sessions'] as const) {
    test.describe(`${isSingle ? 'SINGLE' : 'MULTIPLE'} mode, a bot that keeps its memory in ${memory}`, () => {
      test.use({ botOptions: { isSingle, memory } })
      test.setTimeout(180_000 + reloads * 30_000)

      test(`${reloads} reloads at random moments lose and duplicate nothing, and leave no bot behind`, async ({
        page,
        call,
        server,
      }) => {
        const atRest = await server.leftovers()
        const assistant = await call({ transport: 'pipecat', endpoint: server.endpoint })
        const row = await reloadAtRandom(
          { page, assistant, server },
          randomOf(`${seed} ${isSingle} ${memory}`),
        )

        const conversation = await conversationOf(page)
        row.notSent = conversation.filter(({ isUnsent }) => isUnsent).length
        const sent = conversation.filter(({ role, isUnsent }) => role === 'user' && !isUnsent)
        expect(new Set(sent.map(({ text }) => text)).size).toBe(sent.length)
        expect(conversation.filter(({ text }) => text === greeting)).toHaveLength(1)
        const { remembered, greetings } = await server.observed()
        expect(greetings).toBe(1)
        expect(remembered).toEqual(sent.map(({ text }) => text).slice(-remembered.length))
        if (memory === 'sessions') expect(remembered).toHaveLength(sent.length)
        expect((await connectionOf(page)).protocolErrors).toBe(0)
        // Pipecat gives up a client with a lost farewell after half a minute, and one that never arrived after a minute.
        await expect
          .poll(() => server.leftovers(), { timeout: 90_000 })
          .toMatchObject({ pipelines: 1, peers: 1 })

        await assistant.end()
        await expect.poll(() => server.leftovers()).toMatchObject({ pipelines: 0, peers: 0 })
        // Pipecat's timers for abandoned connections last a minute.
        await expect
          .poll(async () => withoutMonitors(await server.leftovers()), { timeout: 90_000 })
          .toEqual(atRest)
        console.log(
          `| ${isSingle ? 'SINGLE' : 'MULTIPLE'} | ${memory} | ${row.reloads} | ${row.sameBot} | ${row.newBot} | ${row.notSent} | ${row.askedAgain} | ${(row.slowestMs / 1_000).toFixed(1)} s |`,
        )
      })
    })
  }
}
