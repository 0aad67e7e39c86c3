interface DockButtonProps {
  className: string
  label: string
  /** Path on a 16 × 16 grid. */
  path: string
  onClick: () => void
}

/** A button of the shop in the assistant's header. */
export function DockButton({ className, label, path, onClick }: DockButtonProps) {
  return (
    <button
      type="button"
      className={`dock-button ${className}`}
      aria-label={label}
      title={label}
      onClick={onClick}
    >
      <svg className="dock-chevron" viewBox="0 0 16 16" aria-hidden="true">
        <path d={path} />
      </svg>
    </button>
  )
}
