import { useEffect, useMemo } from 'react'
import { createCommands } from '../hooks/commands.js'
import { selectMicrophone } from '../selectors.js'
import { IconButton } from './IconButton.js'
import { definePart } from './Isolated.js'
import { micIcon } from './icons.js'
import { LevelMeter } from './LevelMeter.js'
import { panelCode, usePanelCode } from './panel-code.js'
import { type PartProps, useAssistantView, useViewState } from './view-context.js'

/**
 * The push-to-talk button. The user holds it, with a pointer, Space or Enter, or taps it to talk until the next tap. Its code is loaded
 * with the panels; until then, and without a microphone, it is inert.
 */
export const TalkButton = definePart(function TalkButton({ className }: PartProps) {
  const { texts, source } = useAssistantView()
  const { agent } = source
  const microphone = useViewState(selectMicrophone)
  const code = usePanelCode()
  useEffect(panelCode.preload, [])
  // Has its own commands, because a press must end on the agent where it began, even if the assistant now shows another one.
  const press = useMemo(() => code && agent && code.createPress(createCommands(() => agent)), [code, agent])
  useEffect(() => () => press?.release(), [press])
  const isTalking = microphone === 'live'
  return (
    <IconButton
      part="talk"
      className={className}
      icon={micIcon}
      label={texts.talk}
      aria-pressed={isTalking}
      isInert={!press || (!isTalking && microphone !== 'muted')}
      {...press?.handlers}
    >
      <LevelMeter audioSource="microphone" />
    </IconButton>
  )
})
