import { mostOfOne } from '../slices/cart.js'

interface QuantityProps {
  /** Of what: part of the buttons' names. */
  of: string
  value: number
  onChange: (value: number) => void
}

/** How many: two buttons and the number between them. They stay focusable at their ends. */
export function Quantity({ of, value, onChange }: QuantityProps) {
  const step = (by: number) => {
    const next = value + by
    if (next >= 1 && next <= mostOfOne) onChange(next)
  }
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset would want a legend and a layout of its own
    <div className="quantity" role="group" aria-label={`Quantity of ${of}`}>
      <button type="button" aria-label={`One ${of} less`} aria-disabled={value <= 1} onClick={() => step(-1)}>
        <span aria-hidden="true">−</span>
      </button>
      <output>{value}</output>
      <button
        type="button"
        aria-label={`One ${of} more`}
        aria-disabled={value >= mostOfOne}
        onClick={() => step(1)}
      >
        <span aria-hidden="true">+</span>
      </button>
    </div>
  )
}
