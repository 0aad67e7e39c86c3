import { expect, type Locator, type Page } from '@playwright/test'

/** One visible article of the transcript. */
export interface Shown {
  role: string
  status: string
  text: string
}

/** Page object of the assistant. Finds elements by their accessible names. */
export function assistantOn(page: Page) {
  const log = page.getByRole('log', { name: 'Conversation' })
  const articles = log.getByRole('article')
  const connection = page.getByRole('status', { name: 'Connection' })
  const message = page.getByRole('textbox', { name: 'Message' })
  const send = page.getByRole('button', { name: 'Send' })
  const startButton = page.getByRole('button', { name: /^(Start|Continue) conversation$/ })

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

  /** Presses a button to leave a state. The button ignores presses for half a second after its meaning changed. */
  async function press(button: Locator, state: string) {
    let isPressed = false
    await expect(async () => {
      // A busy page may show the effect of the last press only now, without the button.
      if (isPressed && (await connection.getAttribute('data-state')) !== state) return
      await button.click({ timeout: 1_000 })
      isPressed = true
      await expect(connection).not.toHaveAttribute('data-state', state, { timeout: 300 })
    }).toPass()
  }

  return {
    log,
    articles,
    connection,
    startButton,
    ofAgent,
    shown,
    /** A notice outside the conversation, for example that it was restored. */
    notice: (text: string) => page.locator('p').filter({ hasText: text }),
    restoredNotice: page.getByText('Conversation restored'),
    muteButton: page.getByRole('button', { name: 'Mute microphone' }),
    endButton: page.getByRole('button', { name: 'End conversation' }),

    async isConnected() {
      await expect(connection).toHaveAttribute('data-state', 'connected')
    },

    tryAgain: () => press(page.getByRole('button', { name: 'Try again' }), 'failed'),
    /** Ends a call, even one that has just started. */
    end: () => press(page.getByRole('button', { name: 'End conversation' }), 'connected'),
    /** Presses start right after a call ended. */
    startAgain: () => press(startButton, 'disconnected'),

    /** Presses start, and waits until the agent starts speaking. */
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

    /** Reloads during the greeting, so that the test starts with a stored conversation and a continued call. */
    async startAndReload() {
      await this.start()
      await page.reload()
      await expect(page.getByText('Conversation restored')).toBeVisible()
      await this.isConnected()
    },

    /** Waits until the greeting is complete. */
    async greeted() {
      await expect(ofAgent('final').first()).toBeVisible()
    },

    async say(text: string) {
      await message.fill(text)
      await send.click()
      await expect(log.locator('[data-role="user"]').filter({ hasText: text })).toHaveCount(1)
    },

    /** Waits, checking every frame, until the answer to the last question shows `count` words and is still streaming. */
    async streams(count: number) {
      await page.waitForFunction((wanted) => {
        const turns = [...document.querySelectorAll('[role="log"] [data-role]')]
        const asked = turns.findLastIndex((turn) => turn.getAttribute('data-role') === 'user')
        const answer = turns.slice(asked + 1).find((turn) => turn.getAttribute('data-status') === 'streaming')
        return (answer?.textContent?.match(/\S+/g) ?? []).length >= wanted
      }, count)
    },

    /** Waits until the agent has said these words, in a finished or unfinished message. */
    async hasSaid(words: string | RegExp) {
      await expect(log.locator('[data-role="assistant"]').filter({ hasText: words })).toHaveCount(1)
    },

    /** Asks a question, and waits for the whole answer. */
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
 * Checks that no visible message was lost, moved or duplicated. Final messages are unchanged, and partial ones have at least the words
 * that were seen.
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
