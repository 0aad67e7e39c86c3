import { catalogue, type Product } from '../catalogue.js'

export type Category = Product['category']

const categoryWords: readonly [Category, RegExp][] = [
  ['Teapots', /\b(tea ?pots?|pots?|kettles?)\b/],
  ['Cups', /\b(cups?|mugs?|bowls?)\b/],
  ['Accessories', /\b(accessor\w*|tools?|whisks?|scoops?|utensils?)\b/],
  ['Tea', /\b(teas?|leaves|drinks?)\b/],
]

/** Other words for a product. */
const nicknames: Readonly<Record<string, readonly string[]>> = {
  'jade-sencha': ['green'],
  'evening-rooibos': ['decaf', 'caffeine'],
  'bamboo-whisk': ['matcha'],
}

/** Words in names that are too common to identify a product. */
const commonWords = ['tasting', 'pair', 'first', 'flush', 'evening', 'teapot']

/** Words that identify a product, such as "sencha" or "kyusu". */
const namesOf = new Map(
  catalogue.map((product) => {
    const own = words(product.name).filter(
      (word) => word.length > 3 && catalogue.filter(({ name }) => words(name).includes(word)).length === 1,
    )
    const distinctive = own.filter((word) => !commonWords.includes(word))
    return [product.id, [...distinctive, ...(nicknames[product.id] ?? [])]]
  }),
)

/** Finds the products that a text names, in the order of the text. */
export function productsIn(text: string): Product[] {
  const textWords = words(text)
  const position = (product: Product) => {
    const own = namesOf.get(product.id) ?? []
    return textWords.findIndex((word) => own.some((name) => word === name || word === `${name}s`))
  }
  const found = catalogue.filter((product) => position(product) >= 0)
  return found.sort((a, b) => position(a) - position(b))
}

/** Finds the category that a text names. */
export function categoryIn(text: string): Category | null {
  return categoryWords.find(([, pattern]) => pattern.test(text))?.[0] ?? null
}

export const inCategory = (category: Category | null) =>
  catalogue.filter((product) => category === null || product.category === category)

export const byPrice = (products: readonly Product[]) => [...products].sort((a, b) => a.price - b.price)

/** Names of the categories within a sentence. */
export const categoryName: Record<Category, string> = {
  Tea: 'teas',
  Teapots: 'teapots',
  Cups: 'cups and bowls',
  Accessories: 'accessories',
}

function words(text: string): string[] {
  return text.toLowerCase().match(/[a-z0-9]+/g) ?? []
}
