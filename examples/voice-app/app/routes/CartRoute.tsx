import { type RefObject, useRef } from 'react'
import { Link } from 'react-router'
import { type CartLine, selectCartLines } from '../cart-lines.js'
import { Checkout } from '../components/Checkout.js'
import { PageHeading } from '../components/PageHeading.js'
import { ProductArt } from '../components/ProductArt.js'
import { Quantity } from '../components/Quantity.js'
import { useAppDispatch, useAppSelector } from '../hooks.js'
import { price } from '../prices.js'
import { productRemoved, quantityChanged } from '../slices/cart.js'

export function CartRoute() {
  const lines = useAppSelector(selectCartLines)
  const page = useRef<HTMLDivElement>(null)
  if (lines.length === 0) {
    return (
      <div className="empty" ref={page}>
        <PageHeading title="Your cart is empty" />
        <p>The kettle is on, though.</p>
        <Link className="primary" to="/">
          Look around the shop
        </Link>
      </div>
    )
  }
  return (
    <div ref={page}>
      <PageHeading title="Your cart" />
      <div className="cart">
        <ul className="lines">
          {lines.map((line) => (
            <Line key={line.product.id} line={line} page={page} />
          ))}
        </ul>
        <Checkout />
      </div>
    </div>
  )
}

function Line({
  line: { product, quantity },
  page,
}: {
  line: CartLine
  page: RefObject<HTMLElement | null>
}) {
  const dispatch = useAppDispatch()
  const remove = () => {
    dispatch(productRemoved({ id: product.id }))
    // Moves focus, because the button is removed with its line. The heading may be a new element after the next render.
    requestAnimationFrame(() => page.current?.querySelector('h1')?.focus())
  }
  return (
    <li className="line">
      <ProductArt id={product.id} />
      <div className="line-words">
        <h2>
          <Link className="name" to={`/product/${product.id}`}>
            {product.name}
          </Link>
        </h2>
        <p className="fine">{price(product.price)} each</p>
      </div>
      <Quantity
        productName={product.name}
        value={quantity}
        onChange={(next) => dispatch(quantityChanged({ id: product.id, quantity: next }))}
      />
      <p className="price">{price(product.price * quantity)}</p>
      <button type="button" className="plain" aria-label={`Remove ${product.name}`} onClick={remove}>
        Remove
      </button>
    </li>
  )
}
