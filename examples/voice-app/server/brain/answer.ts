import type { Product } from '../catalogue.js'
import { productsIn } from './shelf.js'
import { topics } from './topics.js'

/** A turn of the user or the agent. A user's turn with an empty text was spoken. */
export interface Turn {
  role: 'user' | 'assistant'
  text: string
}

export interface CartItem {
  id: string
  name?: string
  quantity: number
}

/** The input of an answer. */
export interface Question {
  text: string
  /** Null if the client has not sent a cart. */
  cart: readonly CartItem[] | null
  /** The turns before this question. */
  history: readonly Turn[]
  /** Names of the client's tools. */
  tools: ReadonlySet<string>
}

/** A tool call that comes before the answer. */
export interface CartAction {
  tool: string
  arguments: Record<string, unknown>
  /** Returns the answer for the tool's result. */
  report(result: unknown): string[]
  /** Returns the answer for a tool that failed. */
  refused?(reason: string): string[]
  /** True if the user must approve it, which may take any amount of time. */
  needsApproval?: boolean
}

/** A question with the products that it refers to. */
export interface Understood extends Question {
  /** The text in lower case, with straight apostrophes. */
  said: string
  /** The named products, or the product of the last turn if the question says "it". */
  products: Product[]
}

export interface Answer {
  topic: string
  /** Empty if there is an action, which reports its result. */
  sentences: string[]
  action: CartAction | null
}

/** A topic that the agent can talk about. */
export interface Topic {
  name: string
  matches(question: Understood): boolean
  /** Alternative answers, each a list of sentences. The least recently used one is chosen. */
  ways(question: Understood): string[][]
  /** A tool call that replaces the alternatives. */
  action?(question: Understood): CartAction | null
}

/** Answers with the first matching topic, in words that were not used recently. */
export function answer(question: Question): Answer {
  const understood = understand(question)
  const topic = topics.find((candidate) => candidate.matches(understood))
  if (!topic) throw new Error('The last topic must match everything.')
  const action = topic.action?.(understood) ?? null
  const sentences = action ? [] : freshest(topic.ways(understood), question.history)
  return { topic: topic.name, sentences, action }
}

/** Chooses an alternative that was not used yet, or else the least recently used one. */
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

/** Finds the first product of the latest turn that names one, for questions such as "how much is it?". */
function lastNamed(history: readonly Turn[]): Product[] {
  for (const { text } of history.toReversed()) {
    const [product] = productsIn(text)
    if (product) return [product]
  }
  return []
}
