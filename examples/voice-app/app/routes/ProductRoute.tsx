import { useId, useState } from 'react'
import { Link, useParams } from 'react-router'
import type { Product } from '../../server/catalogue.js'
import { PageHeading } from '../components/PageHeading.js'
import { ProductArt } from '../components/ProductArt.js'
import { ProductCard } from '../components/ProductCard.js'
import { Quantity } from '../components/Quantity.js'
import { useAppDispatch, useAppSelector } from '../hooks.js'
import { price } from '../prices.js'
import { productAdded } from '../slices/cart.js'
import { selectProduct, selectProducts } from '../slices/catalogue.js'
import { NotFoundRoute } from './NotFoundRoute.js'

export function ProductRoute() {
  const { id = '' } = useParams()
  const product = useAppSelector((state) => selectProduct(state, id))
  return product ? <ProductPage key={id} product={product} /> : <NotFoundRoute />
}

function ProductPage({ product }: { product: Product }) {
  const dispatch = useAppDispatch()
  const [quantity, setQuantity] = useState(1)
  return (
    <>
      <p className="breadcrumb">
        <Link to={`/?category=${product.category}`}>{product.category}</Link>
      </p>
      <div className="product">
        <ProductArt id={product.id} />
        <div className="product-words">
          <PageHeading title={product.name} />
          <p className="price">{price(product.price)}</p>
          <p>{product.description}</p>
          <div className="buy">
            <Quantity productName={product.name} value={quantity} onChange={setQuantity} />
            <button
              type="button"
              className="primary"
              onClick={() => dispatch(productAdded({ id: product.id, quantity }))}
            >
              Add to cart
            </button>
          </div>
          <p className="fine">Free shipping from €50. Thirty days to return it.</p>
        </div>
      </div>
      <Companions of={product} />
    </>
  )
}

/** Suggests cups for a tea, and teas for other products, as the agent does. */
function Companions({ of }: { of: Product }) {
  const headingId = useId()
  const partner = of.category === 'Tea' ? 'Cups' : 'Tea'
  const products = useAppSelector(selectProducts).filter(({ category }) => category === partner)
  return (
    <section aria-labelledby={headingId} className="shelf">
      <h2 id={headingId}>Pairs well with</h2>
      <ul className="grid">
        {products.slice(0, 3).map((product) => (
          <ProductCard key={product.id} product={product} />
        ))}
      </ul>
    </section>
  )
}
