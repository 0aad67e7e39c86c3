import { memo, useEffect, useState } from 'react'
import { selectMicrophone } from '../selectors.js'
import { IconButton } from './IconButton.js'
import { micIcon } from './icons.js'
import { LevelMeter } from './LevelMeter.js'
import { panelCode } from './panel-code.js'
import { type PartProps, useAssistantView, useViewState } from './view-context.js'

/**
 * The button of push to talk. The user holds it, by pointer or by Space or Enter, or taps it to talk until the next tap. Its code is loaded
 * with the panels; until then, and without a microphone, it is inert.
 */
export const TalkButton = memo(function TalkButton({ className }: PartProps) {
  const { texts, commands } = useAssistantView()
  const microphone = useViewState(selectMicrophone)
  const [code, setCode] = useState(panelCode.current)
  useEffect(() => {
    let isMounted = true
    panelCode.load().then(
      () => isMounted && setCode(panelCode.current),
      () => undefined,
    )
    return () => {
      isMounted = false
    }
  }, [])
  const [press] = useState(() => ({
    current: null as ReturnType<NonNullable<typeof code>['createPress']> | null,
  }))
  if (code) press.current ??= code.createPress(commands)
  useEffect(() => () => press.current?.release(), [press])
  const isTalking = microphone === 'live'
  return (
    <IconButton
      part="talk"
      className={className}
      icon={micIcon}
      label={texts.talk}
      aria-pressed={isTalking}
      isInert={!code || (!isTalking && microphone !== 'muted')}
      {...press.current?.handlers}
    >
      <LevelMeter audioSource="microphone" />
    </IconButton>
  )
})
