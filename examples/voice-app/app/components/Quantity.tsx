import { mostOfOne } from '../slices/cart.js'

interface QuantityProps {
  /** Name of the product, for the accessible names of the buttons. */
  productName: string
  value: number
  onChange: (value: number) => void
}

/** A number between two buttons. At the limits, the buttons stay focusable. */
export function Quantity({ productName, value, onChange }: QuantityProps) {
  const step = (by: number) => {
    const next = value + by
    if (next >= 1 && next <= mostOfOne) onChange(next)
  }
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset needs a legend and another layout
    <div className="quantity" role="group" aria-label={`Quantity of ${productName}`}>
      <button
        type="button"
        aria-label={`One ${productName} less`}
        aria-disabled={value <= 1}
        onClick={() => step(-1)}
      >
        <span aria-hidden="true">−</span>
      </button>
      <output>{value}</output>
      <button
        type="button"
        aria-label={`One ${productName} more`}
        aria-disabled={value >= mostOfOne}
        onClick={() => step(1)}
      >
        <span aria-hidden="true">+</span>
      </button>
    </div>
  )
}
