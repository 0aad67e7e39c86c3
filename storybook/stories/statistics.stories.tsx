import type { NetworkSample } from 'redux-voice-agent'
import { expect, spyOn, waitFor } from 'storybook/test'
import { storyTime } from '../clock.js'
import { assistant, type Story } from '../meta.js'
import { getScenario, type Scenario, scene } from '../scenario.js'
import { smallTalk } from '../script.js'

export default { ...assistant, title: 'Assistant/Statistics' }

/** Deterministic values that vary. */
const wave = (second: number) => (Math.sin(second / 3) + Math.sin(second / 7)) / 2

const good = (second: number): Omit<NetworkSample, 'at'> => ({
  roundTripMs: 42 + 9 * wave(second),
  jitterMs: 3 + wave(second),
  lossReceived: second % 37 === 0 ? 0.02 : 0,
  lossSent: 0,
  bitrateReceived: Math.max(2_000, 34_000 * Math.abs(wave(second * 2))),
  bitrateSent: 31_000 + 2_000 * wave(second),
  silentMs: 0,
})
const poor = (second: number) => ({
  ...good(second),
  roundTripMs: 420 + 160 * wave(second),
  jitterMs: 45 + 12 * wave(second),
  lossReceived: 0.1 + 0.05 * wave(second),
  lossSent: 0.04 + 0.02 * wave(second),
})
const lost = (second: number) =>
  second < 112
    ? good(second)
    : {
        ...good(second),
        roundTripMs: null,
        lossReceived: null,
        lossSent: null,
        bitrateReceived: 0,
        bitrateSent: 31_000,
        silentMs: (second - 111) * 1000,
      }

function measure({ dispatch, actions, store }: Scenario, at: (second: number) => Omit<NetworkSample, 'at'>) {
  const { connectionId } = store.getState().voiceAgent.connection
  for (let second = 0; second < 120; second++) {
    const sample = { at: storyTime + (second - 119) * 1000, ...at(second) }
    dispatch(actions.networkSampled({ connectionId: connectionId ?? '', sample }))
  }
}

const withHistory = (at: (second: number) => Omit<NetworkSample, 'at'>) =>
  scene(async (scenario) => {
    await scenario.call()
    smallTalk(scenario)
    measure(scenario, at)
  })

const open: Story['play'] = async ({ canvas, userEvent }) => {
  await userEvent.click(canvas.getByRole('button', { name: 'Statistics' }))
  await canvas.findByRole('region', { name: 'Statistics' })
}

export const Good: Story = {
  ...withHistory(good),
  async play(context) {
    const { canvas, userEvent } = context
    const button = canvas.getByRole('button', { name: 'Statistics' })
    await expect(button).toHaveAccessibleDescription('Excellent connection')
    await open(context)
    await expect(button).toHaveAttribute('aria-expanded', 'true')
    await expect(
      canvas.getByRole('img', { name: /^Round trip in the last 119 s: from 3\d ms to 5\d ms, now \d\d ms$/ }),
    ).toBeVisible()
    // The header and the panel both tick, once both are mounted.
    const { clock } = getScenario(context)
    await waitFor(() => expect(clock.ticking).toBe(2))
    clock.tick(5)
    await waitFor(() =>
      expect(context.canvasElement.querySelector('[data-figure=duration]')).toHaveTextContent('0:05'),
    )
    await userEvent.keyboard('{Enter}')
    await expect(canvas.queryByRole('region', { name: 'Statistics' })).not.toBeInTheDocument()
    await expect(button).toHaveFocus()
    await userEvent.keyboard('{Enter}')
    await canvas.findByRole('region', { name: 'Statistics' })
  },
}

export const GoodDark: Story = { ...withHistory(good), globals: { theme: 'dark' }, play: open }

export const WeakNetwork: Story = {
  ...withHistory(poor),
  async play(context) {
    await expect(
      context.canvas.getByText('Weak connection', { selector: '[data-rva-part=quality-text]' }),
    ).toBeVisible()
    await open(context)
  },
}

/** No packet has arrived for seconds, and the connection is not lost yet. */
export const Lost: Story = {
  ...withHistory(lost),
  async play(context) {
    await open(context)
    const panel = context.canvas.getByRole('region', { name: 'Statistics' })
    await expect(panel).toHaveTextContent('No connection')
    await expect(context.canvas.getByRole('img', { name: /^Round trip .*, now –$/ })).toBeVisible()
  },
}

/** The agent sends messages that can't be parsed. */
export const ProtocolErrors: Story = {
  ...scene(async (scenario) => {
    await scenario.call()
    smallTalk(scenario)
    measure(scenario, good)
    for (let message = 0; message < 3; message++) scenario.emit({ type: 'protocolError', why: 'unknown' })
  }),
  async play(context) {
    await open(context)
    const figure = () => context.canvasElement.querySelector('[data-figure=protocolErrors]')
    await waitFor(() => expect(figure()).toHaveTextContent(/^Unreadable\s*3$/))
  },
}

/** Before the first call, the panel says that there are no measurements. */
export const NothingYet: Story = {
  ...scene(),
  async play(context) {
    await open(context)
    await expect(context.canvas.getByText('The network is measured during a call.')).toBeVisible()
  },
}

export const W320: Story = {
  ...withHistory(poor),
  parameters: { width: 320 },
  async play(context) {
    await open(context)
    const root = context.canvasElement.querySelector('[data-rva-part=root]') as HTMLElement
    for (const element of root.querySelectorAll('[data-rva-part=statistics], [data-rva-part=header] *')) {
      if (element.closest('svg')) continue
      await expect(element.scrollWidth, element.outerHTML.slice(0, 80)).toBeLessThanOrEqual(
        element.clientWidth || 320,
      )
    }
  },
}

/** The text of `diagnose()` is copied, without a word of the conversation. */
export const CopyDiagnosis: Story = {
  ...withHistory(good),
  args: { showDiagnosis: true },
  async play(context) {
    const { canvas, userEvent } = context
    const write = spyOn(navigator.clipboard, 'write').mockResolvedValue(undefined)
    await open(context)
    const button = canvas.getByRole('button', { name: 'Copy diagnosis' })
    button.focus()
    await userEvent.keyboard('{Enter}')
    const outcome = await canvas.findByText(/^Copied\. It contains no text/)
    await expect(outcome).toHaveRole('status')
    // Scrolled into the visible part of the panel, which is small in a narrow assistant.
    const panel = outcome.closest('[data-rva-part=statistics]') as HTMLElement
    await expect(outcome.getBoundingClientRect().bottom).toBeLessThanOrEqual(
      panel.getBoundingClientRect().bottom + 1,
    )
    await expect(button).toHaveFocus()
    const [[item] = []] = write.mock.calls[0] ?? []
    const text = await (await item?.getType('text/plain'))?.text()
    await expect(text).toContain('redux-voice-agent')
    await expect(text).not.toContain('tea')
  },
}

/** The page may not write to the clipboard. */
export const DiagnosisNotCopied: Story = {
  ...withHistory(good),
  args: { showDiagnosis: true },
  async play(context) {
    const { canvas, userEvent } = context
    spyOn(navigator.clipboard, 'write').mockRejectedValue(new DOMException('', 'NotAllowedError'))
    await open(context)
    await userEvent.click(canvas.getByRole('button', { name: 'Copy diagnosis' }))
    const text = await canvas.findByRole('textbox', { name: 'Copy diagnosis' })
    await expect(text).toHaveDisplayValue(/redux-voice-agent/)
    await expect(canvas.getByText(/^The browser doesn't allow copying/)).toBeVisible()
  },
}

export const WithoutDiagnosis: Story = {
  ...withHistory(good),
  args: { showDiagnosis: false },
  async play(context) {
    await open(context)
    await expect(context.canvas.queryByRole('button', { name: 'Copy diagnosis' })).not.toBeInTheDocument()
  },
}
