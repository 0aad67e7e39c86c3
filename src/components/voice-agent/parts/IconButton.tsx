import type { ButtonHTMLAttributes, MouseEvent, Ref } from 'react'
import { type Drawing, Icon } from './icons.js'

interface IconButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  icon: Drawing
  label: string
  part: string
  /** Sets `aria-disabled` and ignores clicks. The button stays focusable, so that it does not lose focus. */
  isInert?: boolean
  /** Not `ref`, because function components get no `ref` prop in React 18. */
  buttonRef?: Ref<HTMLButtonElement>
}

/** A button with an icon, and a label as its accessible name. */
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
      <Icon drawing={icon} />
    </button>
  )
}
