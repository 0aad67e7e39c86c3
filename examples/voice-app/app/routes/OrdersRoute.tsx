import { useId } from 'react'
import { Link } from 'react-router'
import { PageHeading } from '../components/PageHeading.js'
import { ProductArt } from '../components/ProductArt.js'
import { useAppSelector } from '../hooks.js'
import { price } from '../prices.js'
import type { Order } from '../slices/orders.js'

const dates = new Intl.DateTimeFormat('en-IE', { dateStyle: 'long', timeStyle: 'short' })

export function OrdersRoute() {
  const orders = useAppSelector((state) => state.orders)
  if (orders.length === 0) {
    return (
      <div className="empty">
        <PageHeading title="No orders yet" />
        <p>What you order will be listed here.</p>
        <Link className="primary" to="/">
          Look around the shop
        </Link>
      </div>
    )
  }
  return (
    <>
      <PageHeading title="Your orders" />
      <ul className="orders">
        {orders.map((order) => (
          <OrderItem key={order.id} order={order} />
        ))}
      </ul>
    </>
  )
}

function OrderItem({ order }: { order: Order }) {
  const headingId = useId()
  return (
    <li className="order" aria-labelledby={headingId}>
      <div className="order-head">
        <h2 id={headingId}>Order {order.id}</h2>
        <p className="price">{price(order.total)}</p>
        <p className="fine">
          <time dateTime={new Date(order.placedAt).toISOString()}>{dates.format(order.placedAt)}</time>
          {`, by ${order.payment}, ${order.shipping === 0 ? 'free shipping' : `shipping ${price(order.shipping)}`}`}
        </p>
      </div>
      <ul className="order-lines">
        {order.lines.map(({ id, name, quantity, price: each }) => (
          <li key={id}>
            <ProductArt id={id} />
            <Link className="name" to={`/product/${id}`}>
              {name}
            </Link>
            <span className="fine">
              {quantity} × {price(each)}
            </span>
          </li>
        ))}
      </ul>
    </li>
  )
}
