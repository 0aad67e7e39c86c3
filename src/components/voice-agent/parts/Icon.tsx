/** One of the assistant's few icons: lines on 24 × 24 in the text's colour. */
export interface Drawing {
  name: string
  path: string
  isSolid?: boolean
  transform?: string
}

/** Decoration: what it means is said in words beside it, or by its button's name. */
export function Icon({ of: { name, path, isSolid, transform } }: { of: Drawing }) {
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
