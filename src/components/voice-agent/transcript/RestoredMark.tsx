import { memo } from 'react'
import type { VoiceAgentState } from '../../../../store/index.js'
import { Icon } from '../parts/Icon.js'
import { upIcon } from '../parts/icons.js'
import { useAssistantView, useViewState } from '../parts/view-context.js'
import { selectRestore } from '../selectors.js'

const selectIsCallOff = ({ connection }: VoiceAgentState) =>
  connection.status === 'idle' || connection.status === 'disconnected'

/** Marks the end of the restored messages and says if the agent remembers them. */
export const RestoredMark = memo(function RestoredMark() {
  const { texts } = useAssistantView()
  const { agent } = useViewState(selectRestore)
  const isCallOff = useViewState(selectIsCallOff)
  const continuation = agent === 'none' ? (isCallOff ? texts.continuePrompt : '') : texts.continuation[agent]
  return (
    <div data-rva-part="restored" role="note">
      <p data-rva-part="divider">
        <Icon drawing={upIcon} />
        {texts.earlier}
      </p>
      <p data-rva-part="restored-text">
        <strong>{texts.restored}.</strong> {continuation}
      </p>
    </div>
  )
})
