import { StrictMode } from 'react'
import {
  useAudioDevices,
  useAudioLevel,
  useConnectionQuality,
  useWebRTCVoiceAssistant,
  VoiceAssistantControls,
  VoiceAssistantRoot,
  VoiceAssistantSheet,
  WebRTCVoiceAssistant,
} from 'redux-voice-agent/react'
import { defaultTexts } from 'redux-voice-agent/texts'
import { expect, test, vi } from 'vitest'
import { setUp } from '../webrtc/agents.js'
import { button, find, render } from './support.js'

test('the statistics panel shows the values that getStats() returns at the same time', async () => {
  const answers: RTCStatsReport[] = []
  const { getStats } = RTCPeerConnection.prototype
  vi.spyOn(RTCPeerConnection.prototype, 'getStats').mockImplementation(async function (
    this: RTCPeerConnection,
  ) {
    const stats = await getStats.call(this)
    answers.push(stats)
    return stats
  } as typeof getStats)
  const { agent, state } = setUp()
  const { container } = render(<WebRTCVoiceAssistant config={{ agent }} />)
  await agent.connect()
  ;(await find(container, '[aria-label=Statistics]')).click()
  const panel = await find(container, '[data-rva-part=statistics]')
  await vi.waitFor(() => expect(state().stats.network.length).toBeGreaterThan(1))

  const text = (selector: string) => panel.querySelector(selector)?.textContent
  await vi.waitFor(() => {
    // The stats report for the newest sample.
    const at = state().stats.network.at(-1)?.at
    const reports = answers
      .map((stats) => [...stats.values()])
      .find((all) => all.some(({ type, timestamp }) => type === 'inbound-rtp' && timestamp === at))
    const inbound = reports?.find(({ type }) => type === 'inbound-rtp')
    const selected = reports?.find(({ type }) => type === 'transport')?.selectedCandidatePairId
    const pair = reports?.find(({ id }) => id === selected)
    expect(text('[data-figure=jitter] dd')).toBe(defaultTexts.milliseconds(inbound.jitter * 1000))
    expect(text('[data-rva-part=plot] [data-rva-part=plot-values]')).toBe(
      defaultTexts.milliseconds(pair.currentRoundTripTime * 1000),
    )
  })
  expect(panel.querySelectorAll('svg[role=img]')).toHaveLength(3)
  expect(text('[data-figure=reconnects] dd')).toBe('0')
  // The sound of a busy machine is uneven for some seconds.
  await vi.waitFor(() => expect(text('[data-rva-part=quality-text]')).toBe('Excellent connection'))
})

test('the hooks follow a real call and measure only while they are mounted', async () => {
  const { agent } = setUp()
  function Probe() {
    const level = useAudioLevel('microphone', { agent })
    const quality = useConnectionQuality({ agent })
    const { microphones, volume } = useAudioDevices({ agent })
    return (
      <output data-loud={level > 0.3} data-quality={quality} data-volume={volume}>
        {microphones.length}
      </output>
    )
  }
  const { container, unmount } = render(
    <StrictMode>
      <Probe />
    </StrictMode>,
  )
  await find(container, 'output:not([data-quality])')
  await agent.connect()
  await find(container, 'output[data-loud=true]')
  await vi.waitFor(() => expect(Number(container.querySelector('output')?.textContent)).toBeGreaterThan(1))
  await find(container, 'output[data-quality=excellent]')
  agent.setVolume(0.25)
  await find(container, 'output[data-volume="0.25"]')

  unmount()
  const measured = vi.spyOn(AnalyserNode.prototype, 'getFloatTimeDomainData')
  const loud = agent.audioLevel('microphone').get()
  // Waits for the next sample, so that a level would have been measured.
  const before = agent.selectors.selectStats(agent.store.getState()).network.length
  await vi.waitFor(() =>
    expect(agent.selectors.selectStats(agent.store.getState()).network.length).toBeGreaterThan(before),
  )
  expect(measured).not.toHaveBeenCalled()
  expect(agent.audioLevel('microphone').get()).toBe(loud)
})

test('a network sample does not render a component that does not show it', async () => {
  const { agent, state } = setUp()
  let renders = 0
  function Bare() {
    renders++
    return <output data-on={useWebRTCVoiceAssistant({ agent }).connectionState} />
  }
  const { container } = render(<Bare />)
  await agent.connect()
  await find(container, 'output[data-on=connected]')
  await vi.waitFor(() => expect(state().connection.playback).toBe('playing'))
  await vi.waitFor(() => expect(state().stats.network.length).toBeGreaterThan(0))
  const [before, had] = [renders, state().stats.network.length]
  await vi.waitFor(() => expect(state().stats.network.length).toBeGreaterThanOrEqual(had + 2))
  expect(renders).toBe(before)
})

test('the level meter updates without rendering', async () => {
  const { agent } = setUp()
  const { container } = render(<WebRTCVoiceAssistant config={{ agent }} />)
  await agent.connect()
  const meter = await find(container, '[data-of=microphone]')
  const changes = vi.fn()
  const observer = new MutationObserver(changes)
  await vi.waitFor(() => expect(Number(meter.style.getPropertyValue('--rva-level-in'))).toBeGreaterThan(0.3))
  observer.observe(await button(container, 'microphone'), { attributes: true, childList: true })
  const before = meter.style.getPropertyValue('--rva-level-in')
  await vi.waitFor(() => expect(meter.style.getPropertyValue('--rva-level-in')).not.toBe(before))
  expect(changes).not.toHaveBeenCalled()
  observer.disconnect()
})

test('a sheet and a panel of one agent play its voice once, in one element', async () => {
  const { agent, connection } = setUp()
  const playing = new Set<HTMLMediaElement>()
  const { play } = HTMLMediaElement.prototype
  vi.spyOn(HTMLMediaElement.prototype, 'play').mockImplementation(function (this: HTMLMediaElement) {
    playing.add(this)
    return play.call(this)
  })
  const { container, render: renderAgain } = render(null)
  const show = (hasPanel: boolean) =>
    renderAgain(
      <>
        <VoiceAssistantRoot config={{ agent }}>
          <VoiceAssistantSheet>
            <VoiceAssistantControls />
          </VoiceAssistantSheet>
        </VoiceAssistantRoot>
        {hasPanel && <WebRTCVoiceAssistant config={{ agent }} />}
      </>,
    )
  show(true)
  ;(await find(container, '[data-rva-part=sheet-bar]')).click()
  await find(container, 'dialog[open] [data-rva-part=primary]')
  // Both views press the button.
  for (const primary of container.querySelectorAll<HTMLElement>('[data-rva-part=primary]')) primary.click()
  await vi.waitFor(() => expect(connection().playback).toBe('playing'))
  show(false)
  await vi.waitFor(() => expect(container.querySelectorAll('[data-rva-part=root]')).toHaveLength(1))
  // The voice outlives a view.
  expect([...playing].map(({ paused }) => paused)).toEqual([false])
  await agent.disconnect()
  expect([...playing].map(({ paused }) => paused)).toEqual([true])
  expect(document.querySelectorAll('audio')).toHaveLength(0)
})
