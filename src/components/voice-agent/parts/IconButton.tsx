import type { ButtonHTMLAttributes, MouseEvent, Ref } from 'react'
import type { Drawing } from './Icon.js'
import { Icon } from './Icon.js'

interface IconButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  icon: Drawing
  label: string
  part: string
  /** Says so, does nothing, and stays focusable: focus is not lost when a button has nothing to do for a while. */
  isInert?: boolean
  /** Not `ref`, which in React 18 is no property of a function component. */
  buttonRef?: Ref<HTMLButtonElement>
}

/** A button with an icon for a face and words for a name. */
export function IconButton({
  icon,
  label,
  part,
  isInert = false,
  onClick,
  buttonRef,
  children,
  ...rest
}: IconButtonProps) {
  const guarded = (event: MouseEvent<HTMLButtonElement>) => {
    if (isInert) event.preventDefault()
    else onClick?.(event)
  }
  return (
    <button
      type="button"
      {...rest}
      ref={buttonRef}
      data-rva-part={part}
      aria-label={label}
      title={label}
      aria-disabled={isInert || undefined}
      onClick={guarded}
    >
      {children}
      <Icon of={icon} />
    </button>
  )
}
