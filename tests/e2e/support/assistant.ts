import { expect, type Locator, type Page } from '@playwright/test'

/** One article of the transcript, as it is shown. */
export interface Shown {
  role: string
  status: string
  text: string
}

/** The assistant, by the names that a person or a screen reader finds it by. */
export function assistantOn(page: Page) {
  const log = page.getByRole('log', { name: 'Conversation' })
  const articles = log.getByRole('article')
  const connection = page.getByRole('status', { name: 'Connection' })
  const message = page.getByRole('textbox', { name: 'Message' })
  const send = page.getByRole('button', { name: 'Send' })
  const startButton = page.getByRole('button', { name: 'Start conversation' })

  const ofAgent = (status: string) => log.locator(`[data-role="assistant"][data-status="${status}"]`)

  /** All articles at one moment. */
  const shown = (): Promise<Shown[]> =>
    articles.evaluateAll((elements) =>
      elements.map((element) => ({
        role: element.getAttribute('data-role') ?? '',
        status: element.getAttribute('data-status') ?? '',
        text: (element.textContent ?? '').replace(/\s+/g, ' ').trim(),
      })),
    )

  /** Presses a button that leads out of a state. It ignores presses for half a second after it had the opposite meaning. */
  const press = (button: Locator, state: string) =>
    expect(async () => {
      await button.click({ timeout: 1_000 })
      await expect(connection).not.toHaveAttribute('data-state', state, { timeout: 300 })
    }).toPass()

  return {
    log,
    articles,
    connection,
    startButton,
    ofAgent,
    shown,
    /** Something said beside the conversation, where it is seen: a notice, or the mark of what was restored. */
    notice: (text: string) => page.locator('p').filter({ hasText: text }),
    restoredNotice: page.getByText('Conversation restored'),
    muteButton: page.getByRole('button', { name: 'Mute microphone' }),
    endButton: page.getByRole('button', { name: 'End conversation' }),

    async isConnected() {
      await expect(connection).toHaveAttribute('data-state', 'connected')
    },

    tryAgain: () => press(page.getByRole('button', { name: 'Try again' }), 'failed'),
    /** Ends a call, also right after it began. */
    end: () => press(page.getByRole('button', { name: 'End conversation' }), 'connected'),
    /** Presses start right after an end. */
    startAgain: () => press(startButton, 'disconnected'),

    /** Presses start, and waits until the agent begins to speak. */
    async start() {
      await startButton.click()
      await expect(connection).toHaveAttribute('data-state', /^(connected|failed)$/)
      if ((await connection.getAttribute('data-state')) === 'failed') {
        throw new Error(`The call failed. The page says:\n${await page.locator('body').innerText()}`)
      }
      await page.waitForFunction(() =>
        document.querySelector('[role="log"] [data-role="assistant"]')?.textContent?.includes('Hello'),
      )
    },

    /** Reloads in mid-greeting, so that the test begins with a stored conversation in a continued call. */
    async startAndReload() {
      await this.start()
      await page.reload()
      await expect(page.getByText('Conversation restored')).toBeVisible()
      await this.isConnected()
    },

    /** The greeting, said to its end. */
    async greeted() {
      await expect(ofAgent('final').first()).toBeVisible()
    },

    async say(text: string) {
      await message.fill(text)
      await send.click()
      await expect(log.locator('[data-role="user"]').filter({ hasText: text })).toHaveCount(1)
    },

    /** Waits, by the frame, until the answer to the last question shows `count` words and is still streaming. */
    async streams(count: number) {
      await page.waitForFunction((wanted) => {
        const turns = [...document.querySelectorAll('[role="log"] [data-role]')]
        const asked = turns.findLastIndex((turn) => turn.getAttribute('data-role') === 'user')
        const answer = turns.slice(asked + 1).find((turn) => turn.getAttribute('data-status') === 'streaming')
        return (answer?.textContent?.match(/\S+/g) ?? []).length >= wanted
      }, count)
    },

    /** Words of the agent's, whether it has finished or not. */
    async hasSaid(words: string | RegExp) {
      await expect(log.locator('[data-role="assistant"]').filter({ hasText: words })).toHaveCount(1)
    },

    /** Asks, and waits for the whole answer. */
    async ask(text: string): Promise<Shown> {
      await this.say(text)
      const index = await page.waitForFunction((question) => {
        const turns = [...document.querySelectorAll<HTMLElement>('[role="log"] [data-role]')]
        const asked = turns.findIndex(
          ({ dataset, textContent }) => dataset.role === 'user' && textContent?.includes(question),
        )
        const answer = turns.findIndex(
          ({ dataset: { role, status } }, at) => at > asked && role === 'assistant' && status === 'final',
        )
        return asked >= 0 && answer >= 0 && { answer }
      }, text)
      const { answer } = (await index.jsonValue()) as { answer: number }
      return (await shown())[answer] as Shown
    },
  }
}

export type Assistant = ReturnType<typeof assistantOn>

/**
 * Checks that nothing shown was lost: every message is at its place. A final one is unchanged and there once, a partial one
 * has at least the words that were seen.
 */
export function expectKept(before: readonly Shown[], after: readonly Shown[]) {
  const seen = before.filter(({ text }) => text !== '')
  for (const [index, { role, status, text }] of seen.entries()) {
    const now = after[index]
    if (status === 'final') expect(now).toEqual({ role, status, text })
    else
      expect(
        `${now?.role}: ${now?.text}`.startsWith(`${role}: ${text}`),
        `"${now?.text}" keeps "${text}"`,
      ).toBe(true)
  }
  const finals = new Set(seen.filter(({ status }) => status === 'final').map(({ text }) => text))
  expect(after.slice(seen.length).filter(({ text }) => finals.has(text))).toEqual([])
}
