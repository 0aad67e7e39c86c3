import { useId } from 'react'
import type { AudioDevice } from '../../../lib/voice-agent/audio/audio-devices.js'
import { Icon } from '../parts/Icon.js'
import { chevronIcon } from './icons.js'
import { usePanelView } from './view.js'

interface DeviceSelectProps {
  label: string
  devices: readonly AudioDevice[]
  /** Name of the device that is the system's default now. */
  defaultName: string | null
  value: string | null
  onChange: (deviceId: string | null) => void
}

/** A native `<select>`, because it works everywhere by touch, keyboard and screen reader. */
export function DeviceSelect({ label, devices, defaultName, value, onChange }: DeviceSelectProps) {
  const { texts } = usePanelView()
  const id = useId()
  const isListed = devices.some(({ deviceId }) => deviceId === value)
  return (
    <div data-rva-part="device">
      <label htmlFor={id}>{label}</label>
      <span data-rva-part="device-select">
        <select
          id={id}
          value={isListed && value !== null ? value : ''}
          onChange={({ target }) => onChange(target.value === '' ? null : target.value)}
        >
          <option value="">{texts.defaultDevice(defaultName)}</option>
          {devices.map(({ deviceId, label: name }) => (
            <option key={deviceId} value={deviceId}>
              {name}
            </option>
          ))}
        </select>
        <Icon drawing={chevronIcon} />
      </span>
    </div>
  )
}
