import { type RefObject, useEffect, useId, useRef, useState } from 'react'
import type { AudioDevice } from '../../../lib/voice-agent/audio/audio-devices.js'
import { useBrowserLayoutEffect } from '../hooks/agent-source.js'
import { useDevicesOfSource } from '../hooks/useAudioDevices.js'
import { Icon } from '../parts/icons.js'
import { closeOnEscape, type Panel } from '../parts/panel-context.js'
import { useViewState } from '../parts/view-context.js'
import { selectTalk } from '../selectors.js'
import { chevronIcon } from './icons.js'
import { PanelStyles } from './PanelStyles.js'
import { usePanelView } from './view.js'

interface SelectProps<Value extends string> {
  label: string
  /** Each value with its name. */
  options: readonly (readonly [value: Value, name: string])[]
  value: Value
  onChange: (value: Value) => void
}

/** A native `<select>`, because it works everywhere with touch, keyboards and screen readers. */
function Select<Value extends string>({ label, options, value, onChange }: SelectProps<Value>) {
  const id = useId()
  return (
    <div data-rva-part="device">
      <label htmlFor={id}>{label}</label>
      <span data-rva-part="device-select">
        <select id={id} value={value} onChange={({ target }) => onChange(target.value as Value)}>
          {options.map(([one, name]) => (
            <option key={one} value={one}>
              {name}
            </option>
          ))}
        </select>
        <Icon drawing={chevronIcon} />
      </span>
    </div>
  )
}

interface DeviceSelectProps {
  label: string
  devices: readonly AudioDevice[]
  /** Name of the current system default. */
  defaultName: string | null
  value: string | null
  onChange: (deviceId: string | null) => void
}

/** Chooses a device, or the system's default, which has no id. */
function DeviceSelect({ label, devices, defaultName, value, onChange }: DeviceSelectProps) {
  const { texts } = usePanelView()
  const listed = devices.map(({ deviceId, label: name }) => [deviceId, name] as const)
  return (
    <Select
      label={label}
      options={[['', texts.defaultDevice(defaultName)], ...listed]}
      value={listed.some(([deviceId]) => deviceId === value) ? (value ?? '') : ''}
      onChange={(deviceId) => onChange(deviceId === '' ? null : deviceId)}
    />
  )
}

/** Sets the volume of the agent's voice. */
function VolumeSlider({ volume }: { volume: number }) {
  const { texts, commands } = usePanelView()
  const id = useId()
  return (
    <div data-rva-part="device">
      <label htmlFor={id}>{texts.volume}</label>
      <span data-rva-part="volume">
        <input
          id={id}
          type="range"
          min={0}
          max={1}
          step={0.05}
          value={volume}
          aria-valuetext={texts.percent(volume)}
          onChange={({ target }) => commands.setVolume(target.valueAsNumber)}
        />
        <span data-rva-part="volume-value" aria-hidden="true">
          <bdi>{texts.percent(volume)}</bdi>
        </span>
      </span>
    </div>
  )
}

/** Lists the options of a record that maps each value to its name. */
const optionsOf = <Value extends string>(names: Record<Value, string>) =>
  Object.entries(names) as [Value, string][]

/** Chooses how the user talks, even during a call. */
function TalkModeSelect() {
  const { texts, commands } = usePanelView()
  return (
    <Select
      label={texts.talkMode}
      options={optionsOf(texts.talkModes)}
      value={useViewState(selectTalk)}
      onChange={commands.setTalkMode}
    />
  )
}

/** Chooses what screen readers announce. */
function AnnouncementSelect() {
  const { texts, announcements } = usePanelView()
  const [chosen, setChosen] = useState(announcements.get)
  return (
    <Select
      label={texts.announcements}
      options={optionsOf(texts.announcementScopes)}
      value={chosen}
      onChange={(next) => {
        announcements.set(next)
        setChosen(next)
      }}
    />
  )
}

/** Closes a panel when the user presses or focuses something outside `area`. */
function useDismissal({ close }: Panel, area: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    const element = area.current
    if (!element) return
    const { ownerDocument } = element
    const onFocusOut = ({ relatedTarget }: FocusEvent) => {
      // Without a related target, the window lost focus, or the user pressed something that is not focusable.
      if (relatedTarget && !element.contains(relatedTarget as Node)) close()
    }
    const onPointerDown = (event: PointerEvent) => {
      // `target` is not enough: in a shadow tree the document only sees the host.
      if (!event.composedPath().includes(element)) close()
    }
    element.addEventListener('focusout', onFocusOut)
    ownerDocument.addEventListener('pointerdown', onPointerDown)
    return () => {
      element.removeEventListener('focusout', onFocusOut)
      ownerDocument.removeEventListener('pointerdown', onPointerDown)
    }
  }, [close, area])
}

/** Pixels between the panel and the header or the top of the assistant above it. */
const TOP_GAP = 8

/**
 * Keeps the panel, which sits on the dock, below the header, so that it scrolls instead of covering the status. If there is little room, it covers
 * the header, but is not cut off. The dock grows with the button of push to talk.
 */
function useRoomAbove(panel: RefObject<HTMLElement | null>): void {
  useBrowserLayoutEffect(() => {
    const element = panel.current
    const frame = element?.closest('[data-rva-part="sheet"], [data-rva-part="root"]')
    if (!element || !frame) return
    const header = frame.querySelector('[data-rva-part="header"]')
    const limitHeight = () => {
      const { bottom } = element.getBoundingClientRect()
      const room = bottom - frame.getBoundingClientRect().top - TOP_GAP
      const roomBelowHeader = header ? bottom - header.getBoundingClientRect().bottom - TOP_GAP : room
      element.style.maxBlockSize = `max(8rem, min(60dvh, ${room}px, max(14rem, ${roomBelowHeader}px)))`
    }
    limitHeight()
    const { defaultView: view } = element.ownerDocument
    const observer = view?.ResizeObserver ? new view.ResizeObserver(limitHeight) : null
    for (const box of [frame, header, element.offsetParent]) if (box) observer?.observe(box)
    return () => observer?.disconnect()
  }, [panel])
}

/** Microphone, speaker and volume, if the browser lets a page choose them, the talk mode, and the announcements. */
export function DevicePanel({ panel, menu }: { panel: Panel; menu: RefObject<HTMLElement | null> }) {
  useDismissal(panel, menu)
  const box = useRef<HTMLDivElement | null>(null)
  useRoomAbove(box)
  const { texts, source, commands } = usePanelView()
  const devices = useDevicesOfSource(source)
  const hint =
    devices.hasMicrophone === false
      ? texts.noDevices
      : devices.areLabelsHidden
        ? texts.devicesUnnamed
        : undefined
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset has its own margins, borders and minimum width.
    <div
      data-rva-part="device-panel"
      ref={box}
      id={panel.id}
      role="group"
      aria-label={texts.devices}
      onKeyDown={(event) => closeOnEscape(event, panel)}
    >
      <PanelStyles />
      {devices.microphones.length > 0 && (
        <DeviceSelect
          label={texts.microphoneDevice}
          devices={devices.microphones}
          defaultName={devices.defaultMicrophone}
          value={devices.microphoneId}
          onChange={commands.selectMicrophone}
        />
      )}
      {hint && <p data-rva-part="device-hint">{hint}</p>}
      {devices.canSelectSpeaker && devices.speakers.length > 0 && (
        <DeviceSelect
          label={texts.speakerDevice}
          devices={devices.speakers}
          defaultName={devices.defaultSpeaker}
          value={devices.speakerId}
          onChange={commands.selectSpeaker}
        />
      )}
      {devices.canPromptForSpeaker && (
        <button type="button" data-rva-part="notice-action" onClick={commands.promptForSpeaker}>
          {texts.promptForSpeaker}
        </button>
      )}
      {devices.canSetVolume && <VolumeSlider volume={devices.volume} />}
      <TalkModeSelect />
      <AnnouncementSelect />
    </div>
  )
}
