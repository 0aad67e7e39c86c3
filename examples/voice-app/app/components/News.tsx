import { useAppSelector } from '../hooks.js'
import { selectProductEntities } from '../slices/catalogue.js'

/** Shows the last change to the cart for a few seconds, and announces it to screen readers. */
export function News() {
  const { count, news } = useAppSelector((state) => state.notices)
  const products = useAppSelector(selectProductEntities)

  let text = ''
  if (news?.what === 'ordered') text = `Thank you. Order ${news.orderId} has been placed.`
  else if (news) {
    const name = products[news.productId]?.name ?? 'It'
    text = news.what === 'added' ? `${name} is in your cart.` : `${name} was removed from your cart.`
  }

  return (
    <p className="news" role="status">
      {text && <span key={count}>{text}</span>}
    </p>
  )
}
