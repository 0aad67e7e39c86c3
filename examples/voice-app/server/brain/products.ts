import type { Product } from '../catalogue.js'
import type { Topic } from './answer.js'
import { spokenList, spokenPrice } from './money.js'
import { byPrice, type Category, categoryIn, categoryName, inCategory } from './shelf.js'

const names = (products: readonly Product[]) => spokenList(products.map(({ name }) => name))
const priced = ({ name, price }: Product) => `${name} at ${spokenPrice(price)}`

const advice =
  /\b(recommend\w*|suggest\w*|gifts?|present|favou?rites?|best|birthday|what should i|popular|idea|advice)\b/

/** Lists, prices, descriptions, recommendations and comparisons of products. */
export const productTopics: readonly Topic[] = [
  {
    name: 'compare',
    matches: ({ said, products }) =>
      products.length >= 2 && /\b(compare|versus|vs|better|difference|differ|or|and|between)\b/.test(said),
    ways: ({ products: [a, b] }) => (a && b ? compared(a, b) : []),
  },
  {
    name: 'price',
    matches: ({ said, products }) =>
      products.length > 0 && /\b(price|prices|cost|costs|how much|expensive|cheap|euros?)\b/.test(said),
    ways: ({ products: [product] }) => (product ? priceOf(product) : []),
  },
  {
    name: 'recommend',
    matches: ({ said }) => advice.test(said),
    ways: ({ said }) => recommended(said),
  },
  {
    name: 'describe',
    matches: ({ products }) => products.length > 0,
    ways: ({ products: [product] }) => (product ? described(product) : []),
  },
  {
    name: 'cheapest',
    matches: ({ said }) =>
      /\b(cheap\w*|least expensive|lowest price|affordable|budget|inexpensive)\b/.test(said),
    ways: ({ said }) => extreme(byPrice(inCategory(categoryIn(said))), categoryIn(said), 'least'),
  },
  {
    name: 'dearest',
    matches: ({ said }) =>
      /\b(most expensive|expensive|dearest|priciest|finest|highest price|luxur\w*)\b/.test(said),
    ways: ({ said }) => extreme(byPrice(inCategory(categoryIn(said))).toReversed(), categoryIn(said), 'most'),
  },
  {
    name: 'category',
    matches: ({ said }) => categoryIn(said) !== null,
    ways: ({ said }) => shelfOf(categoryIn(said) ?? 'Tea'),
  },
  {
    name: 'catalogue',
    matches: ({ said }) =>
      /\b(catalog\w*|sell|selling|offer|products?|shelves|shelf|range|assortment|what do you have|what have you got|in stock|items?|things)\b/.test(
        said,
      ),
    ways: () => [
      [
        `We have ${inCategory('Tea').length} teas, ${inCategory('Teapots').length} teapots, three kinds of cups and some accessories.`,
        `The teas are ${names(inCategory('Tea'))}.`,
        `To drink them from, there is the ${inCategory('Cups')
          .map(({ name }) => name)
          .join(', the ')}.`,
        'Ask me about any of them, and I will tell you more.',
      ],
      [
        'There are twelve things on our shelves.',
        `Two of them are teapots, the ${names(inCategory('Teapots'))}.`,
        `Prices go from ${spokenPrice(byPrice(inCategory(null))[0]?.price ?? 0)} for the tea scoop up to ${spokenPrice(byPrice(inCategory(null)).at(-1)?.price ?? 0)} for the kyusu.`,
        'Shall I go through the teas or the pottery?',
      ],
    ],
  },
]

function priceOf(product: Product): string[][] {
  const { name, price, category } = product
  const others = byPrice(inCategory(category)).filter(({ id }) => id !== product.id)
  const near = others.toSorted((a, b) => Math.abs(a.price - price) - Math.abs(b.price - price))[0]
  const neighbour = near ? [`Close to it in price is the ${priced(near)}.`] : []
  return [
    [`The ${name} costs ${spokenPrice(price)}.`, product.description, ...neighbour],
    [`That is ${spokenPrice(price)} for the ${name}, taxes included.`, ...neighbour],
    [
      `${spokenPrice(price)}, and shipping is free from 50 euros on.`,
      `It is a fair price for the ${name}, I think.`,
    ],
  ]
}

function described(product: Product): string[][] {
  const { name, description, price, category } = product
  const partner = inCategory(category === 'Tea' ? 'Cups' : 'Tea')[name.length % 3]
  const pairing = partner ? `It goes very well with the ${partner.name}.` : 'It is a favourite of ours.'
  return [
    [`The ${name}, a good choice.`, description, pairing, `It costs ${spokenPrice(price)}.`],
    [`Gladly, here is more about the ${name}.`, description, `We ask ${spokenPrice(price)} for it.`],
    [`People come back for the ${name}.`, pairing, `You can have it for ${spokenPrice(price)}.`],
  ]
}

function compared(a: Product, b: Product): string[][] {
  const [low, high] = byPrice([a, b])
  const gap = low && high ? high.price - low.price : 0
  const prices =
    gap === 0 || !low || !high
      ? `Both cost ${spokenPrice(a.price)}.`
      : `The ${low.name} is ${spokenPrice(gap)} cheaper than the ${high.name}.`
  return [
    [
      `The ${a.name} first: ${lowerFirst(a.description)}`,
      `And the ${b.name}: ${lowerFirst(b.description)}`,
      prices,
    ],
    [`Side by side, then, the ${a.name} and the ${b.name}.`, a.description, b.description, prices],
  ]
}

function extreme(
  sorted: readonly Product[],
  category: Category | null,
  degree: 'least' | 'most',
): string[][] {
  const [first, second] = sorted
  if (!first || !second) return []
  const among = category === null ? 'of everything we have' : `among our ${categoryName[category]}`
  return [
    [
      `The ${degree} expensive ${among} is the ${priced(first)}.`,
      first.description,
      `Next comes the ${priced(second)}.`,
    ],
    [
      `It would be the ${first.name}, for ${spokenPrice(first.price)}.`,
      `After it follows the ${priced(second)}.`,
    ],
  ]
}

function recommended(said: string): string[][] {
  if (/\b(caffeine|evening|sleep|night|child\w*|kids?)\b/.test(said)) {
    return [
      [
        'Then take the Evening Rooibos, it has no caffeine at all.',
        'Vanilla and orange peel make it taste like a late summer evening.',
      ],
      [
        'For the late hours there is the Evening Rooibos.',
        'You can drink a whole pot of it and still sleep well.',
      ],
    ]
  }
  return [
    [
      'For a present I would take the Pair of Tasting Bowls, they come in a linen box.',
      'Add the Mountain Oolong, and you have something people remember.',
      'Together that is 53 euros 90, with free shipping.',
    ],
    [
      'My own favourite is the Jade Sencha from the River Kyusu.',
      'The little pot was made for green tea, and the strainer is already inside.',
      'If you would rather begin small, take the Ember Cup first.',
    ],
    [
      'If you like it strong, try the Smoky Lapsang in a Chalk Mug.',
      'It tastes of campfire, and the mug keeps it warm for a long time.',
      'Both together cost 39 euros 40.',
    ],
  ]
}

function shelfOf(category: Category): string[][] {
  const products = inCategory(category)
  const [cheapest] = byPrice(products)
  const from = cheapest ? `They begin at ${spokenPrice(cheapest.price)}.` : ''
  const [one, two] = products
  return [
    [
      `Our ${categoryName[category]} are ${spokenList(products.map(priced))}.`,
      'Which one shall I tell you about?',
    ],
    [
      `Among the ${categoryName[category]} you find ${names(products)}.`,
      from,
      'Just name one, and I describe it.',
    ],
    [
      `Of the ${categoryName[category]} I would look at the ${one?.name} and the ${two?.name} first.`,
      one?.description ?? from,
      from,
    ],
  ]
}

const lowerFirst = (text: string) => text.charAt(0).toLowerCase() + text.slice(1)
