import { useId } from 'react'
import type { TalkMode } from '../../../../store/index.js'
import { Icon } from '../parts/Icon.js'
import { useViewState } from '../parts/view-context.js'
import { selectTalk } from '../selectors.js'
import { chevronIcon } from './icons.js'
import { usePanelView } from './view.js'

/** Chooses how the user talks, also during a call. */
export function TalkModeSelect() {
  const { texts, commands } = usePanelView()
  const talk = useViewState(selectTalk)
  const id = useId()
  return (
    <div data-rva-part="device">
      <label htmlFor={id}>{texts.talkMode}</label>
      <span data-rva-part="device-select">
        <select
          id={id}
          value={talk}
          onChange={({ target }) => commands.setTalkMode(target.value as TalkMode)}
        >
          {Object.entries(texts.talkModes).map(([mode, name]) => (
            <option key={mode} value={mode}>
              {name}
            </option>
          ))}
        </select>
        <Icon drawing={chevronIcon} />
      </span>
    </div>
  )
}
