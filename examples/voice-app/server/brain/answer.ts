import type { Product } from '../catalogue.js'
import { productsIn } from './shelf.js'
import { topics } from './topics.js'

/** One side's words of one turn; a user's turn without words was spoken aloud. */
export interface Turn {
  role: 'user' | 'assistant'
  text: string
}

export interface CartItem {
  id: string
  name?: string
  quantity: number
}

/** All an answer depends on. */
export interface Question {
  text: string
  /** Null when nothing was told of the cart. */
  cart: readonly CartItem[] | null
  /** What was said before this question. */
  history: readonly Turn[]
  /** Names of the tools that the client has given the agent. */
  tools: ReadonlySet<string>
}

/** Something to be done with the client's tools before there is anything to say. */
export interface CartAction {
  tool: string
  arguments: Record<string, unknown>
  /** What to say of what the tool gave. */
  report(result: unknown): string[]
}

/** A question with what it leads back to. */
export interface Understood extends Question {
  /** Lower case, plain apostrophes. */
  said: string
  /** The products it names, or the one talked about last when it says "it". */
  products: Product[]
}

export interface Answer {
  topic: string
  /** Empty when there is an action, which says what to say. */
  sentences: string[]
  action: CartAction | null
}

/** One thing the agent can talk about. */
export interface Topic {
  name: string
  matches(question: Understood): boolean
  /** Ways to say it, each a list of sentences; the one said least lately is taken. */
  ways(question: Understood): string[][]
  /** What is to be done instead of saying it. */
  action?(question: Understood): CartAction | null
}

/** The scripted answer: the first topic that matches, in words not used just before. */
export function answer(question: Question): Answer {
  const understood = understand(question)
  const topic = topics.find((candidate) => candidate.matches(understood))
  if (!topic) throw new Error('The last topic must match everything.')
  const action = topic.action?.(understood) ?? null
  const sentences = action ? [] : freshest(topic.ways(understood), question.history)
  return { topic: topic.name, sentences, action }
}

/** Of several ways to say something, one not said yet, else the one said longest ago. */
export function freshest(ways: readonly string[][], history: readonly Turn[]): string[] {
  const lastSaid = (way: readonly string[]) => {
    const opening = way[0] ?? ''
    return history.findLastIndex(
      ({ role, text }) =>
        role === 'assistant' && text !== '' && (text.startsWith(opening) || opening.startsWith(text)),
    )
  }
  const [first, ...others] = ways
  let best = first ?? []
  for (const way of others) if (lastSaid(way) < lastSaid(best)) best = way
  return best
}

const pointsBack = /\b(it|its|that|this|them|those)\b/
const compares = /\b(compare|versus|vs|difference)\b/

function understand(question: Question): Understood {
  const said = question.text.toLowerCase().replaceAll('’', "'")
  const named = productsIn(said)
  const meant =
    pointsBack.test(said) && (named.length === 0 || compares.test(said)) ? lastNamed(question.history) : []
  return { ...question, said, products: [...meant.filter((product) => !named.includes(product)), ...named] }
}

/** The first product of the latest turn that named any: "how much is it?" asks about that one. */
function lastNamed(history: readonly Turn[]): Product[] {
  for (const { text } of history.toReversed()) {
    const [product] = productsIn(text)
    if (product) return [product]
  }
  return []
}
