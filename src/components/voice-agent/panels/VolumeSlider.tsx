import { useId } from 'react'
import { usePanelView } from './view.js'

/** Sets the volume of the agent's voice. */
export function VolumeSlider({ volume }: { volume: number }) {
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
