import { Link } from 'react-router'
import type { Product } from '../../server/catalogue.js'
import { useAppDispatch } from '../hooks.js'
import { price } from '../prices.js'
import { productAdded } from '../slices/cart.js'
import { ProductArt } from './ProductArt.js'

/** A product in a list. The link covers the card; the button is above it. */
export function ProductCard({ product }: { product: Product }) {
  const dispatch = useAppDispatch()
  return (
    <li className="card">
      <ProductArt id={product.id} />
      <h3>
        <Link to={`/product/${product.id}`}>{product.name}</Link>
      </h3>
      <div className="card-foot">
        <p className="price">{price(product.price)}</p>
        <button
          type="button"
          className="quiet"
          aria-label={`Add ${product.name} to cart`}
          onClick={() => dispatch(productAdded({ id: product.id, quantity: 1 }))}
        >
          Add
        </button>
      </div>
    </li>
  )
}
