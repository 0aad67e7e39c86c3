import { catalogue, type Product } from '../catalogue.js'

export type Category = Product['category']

const categoryWords: readonly [Category, RegExp][] = [
  ['Teapots', /\b(tea ?pots?|pots?|kettles?)\b/],
  ['Cups', /\b(cups?|mugs?|bowls?)\b/],
  ['Accessories', /\b(accessor\w*|tools?|whisks?|scoops?|utensils?)\b/],
  ['Tea', /\b(teas?|leaves|drinks?)\b/],
]

/** What people call a thing without its name. */
const nicknames: Readonly<Record<string, readonly string[]>> = {
  'jade-sencha': ['green'],
  'evening-rooibos': ['decaf', 'caffeine'],
  'bamboo-whisk': ['matcha'],
}

/** In names, but too common to mean the one product. */
const commonWords = ['tasting', 'pair', 'first', 'flush', 'evening', 'teapot']

/** The words that point at one product only, like "sencha" or "kyusu". */
const namesOf = new Map(
  catalogue.map((product) => {
    const own = words(product.name).filter(
      (word) => word.length > 3 && catalogue.filter(({ name }) => words(name).includes(word)).length === 1,
    )
    const telling = own.filter((word) => !commonWords.includes(word))
    return [product.id, [...telling, ...(nicknames[product.id] ?? [])]]
  }),
)

/** The products a text names, in the order of the text. */
export function productsIn(text: string): Product[] {
  const said = words(text)
  const position = (product: Product) => {
    const own = namesOf.get(product.id) ?? []
    return said.findIndex((word) => own.some((name) => word === name || word === `${name}s`))
  }
  const found = catalogue.filter((product) => position(product) >= 0)
  return found.sort((a, b) => position(a) - position(b))
}

/** The category a text asks about. */
export function categoryIn(text: string): Category | null {
  return categoryWords.find(([, pattern]) => pattern.test(text))?.[0] ?? null
}

export const inCategory = (category: Category | null) =>
  catalogue.filter((product) => category === null || product.category === category)

export const byPrice = (products: readonly Product[]) => [...products].sort((a, b) => a.price - b.price)

/** What a category is called in a sentence. */
export const categoryName: Record<Category, string> = {
  Tea: 'teas',
  Teapots: 'teapots',
  Cups: 'cups and bowls',
  Accessories: 'accessories',
}

function words(text: string): string[] {
  return text.toLowerCase().match(/[a-z0-9]+/g) ?? []
}
