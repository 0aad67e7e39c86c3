import { useId } from 'react'
import { Link, useSearchParams } from 'react-router'
import { PageHeading } from '../components/PageHeading.js'
import { ProductCard } from '../components/ProductCard.js'
import { useAppSelector } from '../hooks.js'
import { type Category, categories, selectProducts } from '../slices/catalogue.js'

export function CatalogueRoute() {
  const [search] = useSearchParams()
  const wanted = categories.find((category) => category === search.get('category'))
  return (
    <>
      <div className="hero">
        <PageHeading title="Kettle & Clay">Tea, and something to drink it from</PageHeading>
        <p>Six gardens, one kiln. Leaves by the hundred grams, stoneware thrown in our own workshop.</p>
      </div>
      <nav aria-label="Categories">
        <ul className="chips">
          <Chip to="/" label="All" current={wanted === undefined} />
          {categories.map((category) => (
            <Chip
              key={category}
              to={`/?category=${category}`}
              label={category}
              current={category === wanted}
            />
          ))}
        </ul>
      </nav>
      {(wanted ? [wanted] : categories).map((category) => (
        <Shelf key={category} category={category} />
      ))}
    </>
  )
}

function Chip({ to, label, current }: { to: string; label: string; current: boolean }) {
  return (
    <li>
      <Link to={to} preventScrollReset aria-current={current ? 'page' : undefined}>
        {label}
      </Link>
    </li>
  )
}

function Shelf({ category }: { category: Category }) {
  const headingId = useId()
  const products = useAppSelector(selectProducts)
  return (
    <section aria-labelledby={headingId} className="shelf">
      <h2 id={headingId}>{category}</h2>
      <ul className="grid">
        {products
          .filter((product) => product.category === category)
          .map((product) => (
            <ProductCard key={product.id} product={product} />
          ))}
      </ul>
    </section>
  )
}
