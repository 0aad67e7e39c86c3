import type { KeyboardEvent, MouseEvent, PointerEvent } from 'react'
import type { VoiceAssistantCommands } from '../hooks/commands.js'

/** Milliseconds up to which a press is a tap: it switches talking on until the next one. */
const longestTap = 250

type Button = HTMLButtonElement

/** Props of a button that is held, or tapped, to talk. */
interface PressHandlers {
  onPointerDown: (event: PointerEvent<Button>) => void
  onPointerUp: () => void
  onPointerCancel: () => void
  onKeyDown: (event: KeyboardEvent<Button>) => void
  onKeyUp: (event: KeyboardEvent<Button>) => void
  onBlur: () => void
  onClick: (event: MouseEvent<Button>) => void
}

const isPressKey = ({ key }: KeyboardEvent) => key === ' ' || key === 'Enter'

/** Turns presses of a button into talking, for pointers, keys, and assistive technology, which only clicks. */
export function createPress({
  startTalking,
  stopTalking,
}: Pick<VoiceAssistantCommands, 'startTalking' | 'stopTalking'>): {
  handlers: PressHandlers
  release: () => void
} {
  /** `held` until the release of a press; `latched` by a tap until the next one. */
  let state: 'idle' | 'held' | 'latched' = 'idle'
  let isLong = false
  let timer: ReturnType<typeof setTimeout> | undefined

  function press() {
    if (state === 'latched') return release()
    if (state === 'held') return
    state = 'held'
    isLong = false
    timer = setTimeout(() => {
      isLong = true
    }, longestTap)
    startTalking()
    // The release may happen outside of the page.
    addEventListener('blur', release)
  }

  function release() {
    clearTimeout(timer)
    removeEventListener('blur', release)
    if (state === 'idle') return
    state = 'idle'
    stopTalking()
  }

  /** The end of a tap leaves talking on. */
  function lift() {
    if (state !== 'held') return
    if (isLong) release()
    else state = 'latched'
  }

  const isInert = ({ currentTarget }: { currentTarget: Button }) =>
    currentTarget.getAttribute('aria-disabled') === 'true'

  return {
    release,
    handlers: {
      onPointerDown(event) {
        if (event.button !== 0 || isInert(event)) return
        // Keeps the release on this button, wherever the pointer has moved.
        event.currentTarget.setPointerCapture(event.pointerId)
        press()
      },
      onPointerUp: lift,
      onPointerCancel: release,
      onKeyDown(event) {
        if (!isPressKey(event) || isInert(event)) return
        // A key that is held must not click as well.
        event.preventDefault()
        if (!event.repeat) press()
      },
      onKeyUp(event) {
        if (!isPressKey(event)) return
        event.preventDefault()
        lift()
      },
      onBlur: () => void (state === 'held' && release()),
      onClick(event) {
        // A click without a press before it: of a screen reader, or by voice.
        if (event.detail !== 0 || isInert(event)) return
        if (state === 'idle') {
          press()
          state = 'latched'
        } else release()
      },
    },
  }
}
