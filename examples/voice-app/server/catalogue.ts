/** A product of the shop. `price` is in euro cents. */
export interface Product {
  id: string
  name: string
  price: number
  description: string
  category: 'Tea' | 'Teapots' | 'Cups' | 'Accessories'
  emoji?: string
}

/** Name of the shop, in texts and in speech. */
export const shopName = 'Kettle & Clay'

/** All products. The shop and the agent use the same list. */
export const catalogue: readonly Product[] = [
  {
    id: 'first-flush-darjeeling',
    name: 'First Flush Darjeeling',
    price: 1850,
    description: 'A bright spring black tea from the slopes of Darjeeling, light as muscat grapes.',
    category: 'Tea',
    emoji: '🍃',
  },
  {
    id: 'smoky-lapsang',
    name: 'Smoky Lapsang',
    price: 1490,
    description: 'A black tea dried over pine wood, for people who like a campfire in the cup.',
    category: 'Tea',
    emoji: '🔥',
  },
  {
    id: 'jade-sencha',
    name: 'Jade Sencha',
    price: 1650,
    description: 'A steamed green tea from Shizuoka, grassy and sweet with a little sea air.',
    category: 'Tea',
    emoji: '🍵',
  },
  {
    id: 'mountain-oolong',
    name: 'Mountain Oolong',
    price: 2190,
    description: 'A half rolled oolong from the high gardens of Taiwan, creamy and full of orchids.',
    category: 'Tea',
    emoji: '⛰️',
  },
  {
    id: 'evening-rooibos',
    name: 'Evening Rooibos',
    price: 980,
    description: 'A red bush tea with vanilla and orange peel, without any caffeine.',
    category: 'Tea',
    emoji: '🌙',
  },
  {
    id: 'moss-teapot',
    name: 'Moss Teapot',
    price: 6400,
    description: 'A round stoneware pot for four cups with a soft green glaze that is never twice the same.',
    category: 'Teapots',
    emoji: '🫖',
  },
  {
    id: 'river-kyusu',
    name: 'River Kyusu',
    price: 7850,
    description: 'A small side handled pot of grey clay with a built in strainer, made for green tea.',
    category: 'Teapots',
    emoji: '🌊',
  },
  {
    id: 'chalk-mug',
    name: 'Chalk Mug',
    price: 2450,
    description: 'A generous white mug with a thumb rest, thrown by hand and safe in the dishwasher.',
    category: 'Cups',
    emoji: '☕',
  },
  {
    id: 'ember-cup',
    name: 'Ember Cup',
    price: 1900,
    description: 'A small handleless cup, wood fired, with a flush of orange where the flame passed.',
    category: 'Cups',
    emoji: '🏺',
  },
  {
    id: 'pair-of-tasting-bowls',
    name: 'Pair of Tasting Bowls',
    price: 3200,
    description: 'Two thin porcelain bowls in a linen box, a favourite present for people who share tea.',
    category: 'Cups',
    emoji: '🎁',
  },
  {
    id: 'bamboo-whisk',
    name: 'Bamboo Whisk',
    price: 1250,
    description: 'A whisk with eighty fine prongs, cut from one piece of bamboo, for matcha without lumps.',
    category: 'Accessories',
    emoji: '🎋',
  },
  {
    id: 'beech-tea-scoop',
    name: 'Beech Tea Scoop',
    price: 750,
    description: 'A little scoop of oiled beech that holds just the leaves for one cup.',
    category: 'Accessories',
    emoji: '🥄',
  },
]
