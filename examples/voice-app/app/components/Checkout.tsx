import { type SubmitEvent, useId, useState } from 'react'
import { useNavigate } from 'react-router'
import { selectCartLines, selectCartSums } from '../cart-lines.js'
import { useAppDispatch, useAppSelector } from '../hooks.js'
import { freeShippingFrom, price } from '../prices.js'
import { orderPlaced, type Payment } from '../slices/orders.js'

const payments: readonly { value: Payment; label: string }[] = [
  { value: 'invoice', label: 'Invoice' },
  { value: 'card', label: 'Card' },
]

/** Sums, payment, and the button that places the order. */
export function Checkout() {
  const headingId = useId()
  const lines = useAppSelector(selectCartLines)
  const { subtotal, shipping, total } = useAppSelector(selectCartSums)
  const [payment, setPayment] = useState<Payment>('invoice')
  const dispatch = useAppDispatch()
  const navigate = useNavigate()

  const placeOrder = (event: SubmitEvent) => {
    event.preventDefault()
    const bought = lines.map(({ product: { id, name, price }, quantity }) => ({ id, name, price, quantity }))
    dispatch(orderPlaced({ lines: bought, shipping, total, payment }))
    void navigate('/orders')
  }

  return (
    <form className="checkout" aria-labelledby={headingId} onSubmit={placeOrder}>
      <h2 id={headingId}>Summary</h2>
      <dl className="sums">
        <dt>Subtotal</dt>
        <dd>{price(subtotal)}</dd>
        <dt>Shipping</dt>
        <dd>{shipping === 0 ? 'Free' : price(shipping)}</dd>
        <dt className="total">Total</dt>
        <dd className="total">{price(total)}</dd>
      </dl>
      {shipping > 0 && (
        <p className="fine">{price(freeShippingFrom - subtotal)} more and we pay the postage.</p>
      )}
      <fieldset>
        <legend>Pay by</legend>
        {payments.map(({ value, label }) => (
          <label key={value}>
            <input
              type="radio"
              name="payment"
              value={value}
              checked={payment === value}
              onChange={() => setPayment(value)}
            />
            {label}
          </label>
        ))}
      </fieldset>
      <button type="submit" className="primary">
        Checkout
      </button>
      <p className="fine">Checkout places the order. This is an example: nothing is charged.</p>
    </form>
  )
}
