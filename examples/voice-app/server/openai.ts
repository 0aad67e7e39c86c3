import { catalogue, shopName } from './catalogue.js'
import { ApiError } from './errors.js'

export interface OpenAiOptions {
  /** Stays on this server. */
  apiKey: string
  /** @default 'https://api.openai.com/v1' */
  baseUrl?: string
  /** @default 'gpt-realtime' */
  model?: string
  /** @default 'marin' */
  voice?: string
}

/** Seconds within which a call must begin. It may last longer. */
const keySeconds = 600
const timeoutMs = 10_000

const productLine = ({ id, name, price, description }: (typeof catalogue)[number]) =>
  `- ${id}: ${name}, ${(price / 100).toFixed(2)} euros. ${description}`

/** Set here and not by the page, so that a user cannot change them. */
const instructions = `You are the voice assistant of ${shopName}, a small shop for tea and pottery. Answer in one or two short sentences.
Offer only these products, and name them by their names, never by their ids:
${catalogue.map(productLine).join('\n')}
Use the tools to change the cart or to order. The shop tells you the content of the cart in system messages.
Begin with "Hello, welcome to ${shopName}" only if the conversation is empty.`

/** Fields of OpenAI's session that the key carries. The page adds the shop's tools, which run in the page. */
const sessionOf = ({ model = 'gpt-realtime', voice = 'marin' }: OpenAiOptions) => ({
  type: 'realtime',
  model,
  instructions,
  audio: { input: { transcription: { model: 'gpt-4o-mini-transcribe' } }, output: { voice } },
})

/**
 * Creates an ephemeral key for one call.
 *
 * @throws ApiError 502 `openai_refused` or 503 `openai_unreachable`, without the API key and without the provider's words
 */
export async function createEphemeralKey(
  options: OpenAiOptions,
): Promise<{ token: string; expiresAt: number }> {
  const { apiKey, baseUrl = 'https://api.openai.com/v1' } = options
  const response = await fetch(`${baseUrl}/realtime/client_secrets`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${apiKey}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({
      expires_after: { anchor: 'created_at', seconds: keySeconds },
      session: sessionOf(options),
    }),
    signal: AbortSignal.timeout(timeoutMs),
  }).catch(() => {
    throw new ApiError(503, 'openai_unreachable', 'OpenAI cannot be reached.')
  })
  if (!response.ok)
    throw new ApiError(502, 'openai_refused', `OpenAI answered ${response.status}: check the key.`)
  const { value, expires_at: expiresAt } = (await response.json()) as { value: string; expires_at: number }
  return { token: value, expiresAt }
}
