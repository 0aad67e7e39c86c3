import type { KeyboardEvent, MouseEvent, PointerEvent } from 'react'
import type { VoiceAssistantCommands } from '../hooks/commands.js'

/** Longest press that counts as a tap, in milliseconds. A tap turns talking on until the next one. */
const LONGEST_TAP_MS = 250

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

/** Turns button presses into talking, for pointers, keys, and assistive technology, which only sends clicks. */
export function createPress({
  startTalking,
  stopTalking,
}: Pick<VoiceAssistantCommands, 'startTalking' | 'stopTalking'>): {
  handlers: PressHandlers
  release: () => void
} {
  let isHeld = false
  /** True from a press until this button ends talking: on release, or after a tap, on the next press. */
  let isOn = false
  let isLong = false
  let timer: ReturnType<typeof setTimeout> | undefined
  /** The button's window, which may not be the page's. */
  let view: Window | null = null

  function start({ ownerDocument }: Button) {
    isHeld = isOn = true
    isLong = false
    timer = setTimeout(() => {
      isLong = true
    }, LONGEST_TAP_MS)
    startTalking()
    // The release may happen outside the page.
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
    // The displayed state decides, because the call, and talking with it, may have ended since a tap.
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
        // Sends the release to this button, wherever the pointer moves.
        event.currentTarget.setPointerCapture(event.pointerId)
        press(event)
      },
      onPointerUp: lift,
      onPointerCancel: release,
      onKeyDown(event) {
        if (!isPressKey(event) || isInert(event)) return
        // Otherwise the key would also click.
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
        // A click without a press comes from a screen reader or voice control.
        if (event.detail !== 0 || isInert(event)) return
        press(event)
        isHeld = false
      },
    },
  }
}
