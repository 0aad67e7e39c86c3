import type { Message, ToolCall } from 'redux-voice-agent'
import { expect, waitFor } from 'storybook/test'
import { storyTime } from '../clock.js'
import { assistant, type Story } from '../meta.js'
import { scene } from '../scenario.js'
import { earlier, rehydrate } from '../script.js'

export default { ...assistant, title: 'Assistant/Transcript marks' }

/** A conversation of three days, with a time after each pause and a line before each day. */
export const Timestamps: Story = {
  ...scene((scenario) => {
    const day = 86_400_000
    const times = [-2 * day, -2 * day + 20_000, -day, -day + 3_600_000, -60_000, -40_000]
    rehydrate(
      scenario,
      earlier(6).map((message, index) => ({ ...message, createdAt: storyTime + (times[index] ?? 0) })),
    )
  }),
  async play({ canvas, canvasElement }) {
    const days = [...canvasElement.querySelectorAll('[data-rva-part=day]')].map(
      ({ textContent }) => textContent,
    )
    await expect(days).toHaveLength(3)
    await expect(days.slice(1)).toEqual(['Yesterday', 'Today'])
    const times = [...canvasElement.querySelectorAll<HTMLTimeElement>('time[data-rva-part=time]')]
    await expect(times).toHaveLength(6)
    await expect(times.map(({ dataset }) => dataset.shown !== undefined)).toEqual([
      true,
      false,
      true,
      true,
      true,
      false,
    ])
    await expect(times[4]).toHaveAttribute('datetime', new Date(storyTime - 60_000).toISOString())
    // The time is outside the article.
    await expect(canvas.getAllByRole('article')[0]).toHaveTextContent(/just moved\.$/)
  },
}

/** Two stored segments are damaged. Marks show where messages are missing. */
export const GapMarker: Story = {
  ...scene((scenario) => {
    rehydrate(scenario, earlier(4), 66, [
      { from: 0, count: 64 },
      { from: 66, count: 2 },
    ])
  }),
  async play({ canvas, canvasElement }) {
    const marks = canvas.getAllByRole('note').filter((mark) => mark.dataset.rvaPart === 'gap')
    await expect(marks.map(({ textContent }) => textContent)).toEqual([
      "64 messages can't be read",
      "2 messages can't be read",
    ])
    const order = [...canvasElement.querySelectorAll('[data-rva-part=gap], article')].map(
      ({ tagName }) => tagName,
    )
    await expect(order).toEqual(['P', 'ARTICLE', 'ARTICLE', 'P', 'ARTICLE', 'ARTICLE'])
  },
}

/** A tool call and a message from the app, between the turns. */
export const ToolAndSystem: Story = {
  ...scene((scenario) => {
    const at = storyTime - 60_000
    rehydrate(scenario, [
      {
        id: '1',
        role: 'system',
        text: 'This conversation is kept for seven days.',
        status: 'final',
        createdAt: at,
      },
      {
        id: '2',
        role: 'user',
        text: 'Put two of the Tarn kettles in my cart.',
        status: 'final',
        createdAt: at + 1000,
      },
      {
        id: '3',
        role: 'tool',
        text: '',
        status: 'final',
        createdAt: at + 2000,
        tool: { name: 'add_to_cart', arguments: { id: 'tarn', quantity: 2 }, status: 'completed', result: 2 },
      },
      {
        id: '4',
        role: 'assistant',
        text: 'Done. The total is 118 euros.',
        status: 'final',
        createdAt: at + 3000,
      },
    ])
  }),
  async play({ canvas }) {
    const names = canvas.getAllByRole('article').map((article) => article.getAttribute('aria-label'))
    await expect(names).toEqual(['Note', 'You', 'Action', 'Agent'])
    await expect(canvas.getAllByRole('article')[2]).toHaveTextContent(/^Add to cart$/)
  },
}

const toolCall = (id: string, name: string, outcome: Partial<ToolCall>): Message => ({
  id,
  role: 'tool',
  text: '',
  status: 'final',
  createdAt: storyTime - 60_000 + Number(id) * 1000,
  tool: { name, arguments: {}, status: 'completed', ...outcome },
})

/** Tool calls that are running, completed, failed and cancelled. */
export const ToolCalls: Story = {
  ...scene((scenario) => {
    rehydrate(scenario, [
      toolCall('1', 'find_products', { result: 4 }),
      toolCall('2', 'addToCart', { status: 'failed', error: 'There is none left.' }),
      toolCall('3', 'check-out', { status: 'cancelled' }),
    ])
    const { toolCallStarted } = scenario.actions
    scenario.dispatch(toolCallStarted({ toolCallId: '4', name: 'showProduct', arguments: {}, at: storyTime }))
  }),
  async play({ canvas }) {
    const said = canvas.getAllByRole('article', { name: 'Action' }).map(({ textContent }) => textContent)
    await expect(said).toEqual([
      'Find products',
      'Add to cart: failed',
      'Check out: cancelled',
      'Show product…',
    ])
  },
}

/** The call ended before the typed message could be sent. */
export const NotSent: Story = {
  ...scene((scenario) => {
    rehydrate(scenario, [
      ...earlier(),
      {
        id: 'unsent',
        role: 'user',
        text: 'Please put the salt cellar in my cart.',
        status: 'final',
        createdAt: storyTime - 30_000,
        isUnsent: true,
      },
    ])
  }),
  async play({ canvas }) {
    const articles = canvas.getAllByRole('article')
    await expect(articles.at(-1)).toHaveTextContent(/cart\.Not sentTry again$/)
    await expect(canvas.getAllByText('Not sent')).toHaveLength(1)
  },
}

/** The end is visible from the first paint on; the other messages are rendered when the browser is idle. */
export const History500: Story = {
  ...scene((scenario) => rehydrate(scenario, earlier(500))),
  async play({ canvas, canvasElement }) {
    const viewport = canvasElement.querySelector('[data-rva-part=viewport]') as HTMLElement
    await expect(viewport.scrollHeight - viewport.clientHeight - viewport.scrollTop).toBeLessThan(2)
    await waitFor(() => expect(canvas.getAllByRole('article', { hidden: true })).toHaveLength(500), {
      timeout: 45_000,
    })
    await expect(viewport.scrollHeight - viewport.clientHeight - viewport.scrollTop).toBeLessThan(2)
  },
}
