import { memo, useEffect, useRef } from 'react'
import type { AudioSource } from '../../../lib/voice-agent/audio/audio-level.js'
import { useAssistantView } from './view-context.js'

const properties: Record<AudioSource, string> = {
  microphone: '--rva-level-in',
  agent: '--rva-level-out',
}

/** How loud a voice is, for the eyes: with every frame a property of one element, and nothing renders. */
export const LevelMeter = memo(function LevelMeter({ of }: { of: AudioSource }) {
  const { source } = useAssistantView()
  const { agent } = source
  const element = useRef<HTMLSpanElement | null>(null)
  useEffect(() => {
    if (!agent) return
    const level = agent.audioLevel(of)
    const show = () => element.current?.style.setProperty(properties[of], String(level.get()))
    show()
    return level.subscribe(show)
  }, [agent, of])
  return <span data-rva-part="level" data-of={of} aria-hidden="true" ref={element} />
})
