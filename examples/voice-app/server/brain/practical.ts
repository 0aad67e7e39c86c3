import type { Topic } from './answer.js'

const about = (name: string, pattern: RegExp, ways: string[][]): Topic => ({
  name,
  matches: ({ said }) => pattern.test(said),
  ways: () => ways,
})

/** Shipping, returns, opening hours, ordering, brewing, and a long story about the shop. */
export const practicalTopics: readonly Topic[] = [
  about(
    'story',
    /\b(about (the|your|this) (shop|store)|everything|your story|who are you|about yourself|about you)\b/,
    [
      [
        'Kettle and Clay is a small shop for loose leaf tea and for the pottery it is drunk from.',
        'It was opened eleven years ago by two sisters, one a tea buyer and the other a potter.',
        'The teas come from five gardens that we visit every spring, in small lots that sell out by the winter.',
        'The pots and cups are thrown by hand in the workshop behind the counter, from grey stoneware and white porcelain.',
        'Each glaze is mixed from wood ash and river clay, so no two pieces look quite the same.',
        'On the shelves you find five teas, two teapots, three kinds of cups and a few honest tools.',
        'We wrap everything in paper and straw, and we ship it within two working days.',
        'And on Saturdays there is always a kettle on the stove, for anyone who comes by.',
      ],
      [
        'Let me tell you the long version, then.',
        'Two sisters share this shop, and they still share the work: Clara travels for the tea and Nora stands at the wheel.',
        'It began in a garage, with one kiln that burned too hot and a single sack of Darjeeling.',
        'The first cups came out orange where the flame had passed, and people liked them, so we still make the Ember Cup.',
        'The tea followed the same idea: few kinds, known gardens, and nothing that needs perfume to taste good.',
        'Today there are twelve things on our shelves, and we could tell you a story about every one.',
        'Whatever breaks within the first year we replace, because clay is only as good as the hands that stand behind it.',
        'And if you are ever unsure what to choose, you simply ask, as you did now.',
      ],
    ],
  ),
  about('shipping', /\b(ship\w*|deliver\w*|postage|send (it|them)|how long does it take|arrive)\b/, [
    [
      'We ship within two working days, and a parcel takes two to four days from there.',
      'Shipping costs 4 euros 90, and it is free from 50 euros on.',
      'Pottery travels in paper and straw, without any plastic.',
    ],
    [
      'A parcel leaves our workshop two working days after you order.',
      'Below 50 euros the postage is 4 euros 90, above that we pay for it.',
      'You get a message with the tracking number as soon as it is on its way.',
    ],
  ]),
  about(
    'returns',
    /\b(return\w*|refund\w*|send back|money back|broken|broke|exchange|warranty|guarantee)\b/,
    [
      [
        'You can return anything within thirty days, as long as the tea is unopened.',
        'If a piece of pottery arrives broken, send us a picture and we replace it at no cost.',
        'The refund is on your account about five days later.',
      ],
      [
        'Thirty days, no questions asked, that is our rule for returns.',
        'Only opened tea stays with you, for obvious reasons.',
        'And whatever breaks on the way is ours to replace.',
      ],
    ],
  ),
  about(
    'hours',
    /\b(open|opening|hours|close|closed|closing|when can i (come|visit)|address|where are you|located|location)\b/,
    [
      [
        'The shop is open from Tuesday to Friday, ten in the morning until six, and on Saturday until four.',
        'On Sunday and Monday we rest, and the kiln does too.',
        'You find us at Mill Lane number seven, right beside the old bridge.',
      ],
      [
        'Come by from Tuesday to Saturday, we open at ten.',
        'We close at six in the evening, on Saturdays already at four.',
        'Online you can order at any hour, of course.',
      ],
    ],
  ),
  about(
    'brewing',
    /\b(brew\w*|steep\w*|prepare|make (a |the )?(tea|cup|matcha)|temperature|how hot|how many minutes|water)\b/,
    [
      [
        'For green tea like the Jade Sencha let the water cool to seventy degrees, and give it one minute.',
        'Black tea likes boiling water and three minutes.',
        'An oolong can be brewed five times over, ninety degrees and half a minute for each.',
        'Take one scoop of leaves for every cup.',
      ],
      [
        'The short rule: the greener the tea, the cooler the water.',
        'Seventy degrees for green, ninety for oolong, and boiling for black tea and rooibos.',
        'And take the leaves out in time, one minute for green and three for black.',
      ],
    ],
  ),
  about('ordering', /\b(order\w*|buy|purchase|pay\w*|checkout|check out|credit card)\b/, [
    [
      'To order, put what you like in the cart and press checkout there.',
      'You can pay by card or by invoice, and you need no account.',
      'You will find the order in the list of your orders right after.',
    ],
    [
      'Ordering takes three steps: add to the cart, open the cart, press checkout.',
      'Card and invoice both work, and you need no account.',
      'Afterwards the order is in your list, with everything you chose.',
    ],
  ]),
]
