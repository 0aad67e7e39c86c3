import type { RefObject } from 'react'
import { useDevicesOfSource } from '../hooks/useAudioDevices.js'
import { closeOnEscape, type Panel } from '../parts/panel-context.js'
import { DeviceSelect } from './DeviceSelect.js'
import { PanelStyles } from './PanelStyles.js'
import { TalkModeSelect } from './TalkModeSelect.js'
import { useDismissal } from './useDismissal.js'
import { VolumeSlider } from './VolumeSlider.js'
import { usePanelView } from './view.js'

/** Microphone, speaker and volume, if the browser lets a page choose them, and how the user talks. */
export function DevicePanel({ panel, menu }: { panel: Panel; menu: RefObject<HTMLElement | null> }) {
  useDismissal(panel, menu)
  const { texts, source, commands } = usePanelView()
  const devices = useDevicesOfSource(source)
  const hint =
    devices.hasMicrophone === false
      ? texts.noDevices
      : devices.areLabelsHidden
        ? texts.devicesUnnamed
        : undefined
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset brings margins, borders and a minimum width of its own.
    <div
      data-rva-part="device-panel"
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
    </div>
  )
}
