/** One of the assistant's icons: lines on a 24 × 24 grid, in the colour of the text. */
export interface Drawing {
  name: string
  path: string
  isSolid?: boolean
  transform?: string
}

/** A decorative icon. The text beside it, or its button's name, carries the meaning. */
export function Icon({ drawing: { name, path, isSolid, transform } }: { drawing: Drawing }) {
  return (
    <svg
      data-rva-part="icon"
      data-icon={name}
      viewBox="0 0 24 24"
      fill={isSolid ? 'currentColor' : 'none'}
      stroke="currentColor"
      strokeWidth="1.75"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      <path d={path} transform={transform} />
    </svg>
  )
}
