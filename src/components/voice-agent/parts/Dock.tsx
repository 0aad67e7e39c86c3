import type { ReactNode } from 'react'
import type { PartProps } from './view-context.js'

/** Composer and controls, side by side if there is room. */
export function Dock({ className, children }: PartProps & { children?: ReactNode }) {
  return (
    <div data-rva-part="dock" className={className}>
      {children}
    </div>
  )
}
