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
  let isHeld = false
  /** True from a press until talking is ended here: by its release, or after a tap by the next press. */
  let isOn = false
  let isLong = false
  let timer: ReturnType<typeof setTimeout> | undefined
  /** The window of the button, which may be another one than the page's. */
  let view: Window | null = null

  function start({ ownerDocument }: Button) {
    isHeld = isOn = true
    isLong = false
    timer = setTimeout(() => {
      isLong = true
    }, longestTap)
    startTalking()
    // The release may happen outside of the page.
    view = ownerDocument.defaultView
    view?.addEventListener('blur', release)
  }

  function stop() {
    clearTimeout(timer)
    view?.removeEventListener('blur', release)
    isHeld = isOn = false
    stopTalking()
  }

  function release() {
    if (isOn) stop()
  }

  function press({ currentTarget }: { currentTarget: Button }) {
    if (isHeld) return
    // The shown state decides, because the call may have ended since a tap, and the talking with it.
    if (currentTarget.getAttribute('aria-pressed') === 'true') stop()
    else start(currentTarget)
  }

  /** The end of a tap leaves talking on. */
  function lift() {
    if (isHeld && isLong) stop()
    isHeld = false
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
        press(event)
      },
      onPointerUp: lift,
      onPointerCancel: release,
      onKeyDown(event) {
        if (!isPressKey(event) || isInert(event)) return
        // A key that is held must not click as well.
        event.preventDefault()
        if (!event.repeat) press(event)
      },
      onKeyUp(event) {
        if (!isPressKey(event)) return
        event.preventDefault()
        lift()
      },
      onBlur: () => void (isHeld && stop()),
      onClick(event) {
        // A click without a press before it: of a screen reader, or by voice.
        if (event.detail !== 0 || isInert(event)) return
        press(event)
        isHeld = false
      },
    },
  }
}
