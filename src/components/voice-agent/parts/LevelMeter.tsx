import { memo, useEffect, useRef } from 'react'
import type { AudioSource } from '../../../lib/voice-agent/audio/audio-level.js'
import { useAssistantView } from './view-context.js'

const properties: Record<AudioSource, string> = {
  microphone: '--rva-level-in',
  agent: '--rva-level-out',
}

/** Shows how loud a voice is. Sets a style property, so that React does not re-render. */
export const LevelMeter = memo(function LevelMeter({ audioSource }: { audioSource: AudioSource }) {
  const { source } = useAssistantView()
  const { agent } = source
  const element = useRef<HTMLSpanElement | null>(null)
  useEffect(() => {
    if (!agent) return
    const level = agent.audioLevel(audioSource)
    const show = () => element.current?.style.setProperty(properties[audioSource], String(level.get()))
    show()
    return level.subscribe(show)
  }, [agent, audioSource])
  return <span data-rva-part="level" data-of={audioSource} aria-hidden="true" ref={element} />
})
