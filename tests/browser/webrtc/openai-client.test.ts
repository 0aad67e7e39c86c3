import { OpenAIRealtimeWebRTC, RealtimeAgent, RealtimeSession, tool } from '@openai/agents-realtime'
import { expect, it, onTestFinished, vi } from 'vitest'
import { z } from 'zod'
// @ts-expect-error The package exports no types for its schemas.
import { parseRealtimeEvent } from '../../../node_modules/@openai/agents-realtime/dist/openaiRealtimeEvents.mjs'
import { startRealtimeProvider } from './realtime-provider.js'

/** OpenAI's own client in this page, in a call with the double that tests the package's transport. */
async function callDouble() {
  const provider = startRealtimeProvider({
    isAnswering: true,
    paceMs: 60,
    answer: (heard) =>
      heard.includes('cart') && !heard.startsWith('the answer')
        ? { tool: 'add_to_cart', arguments: { quantity: 2 } }
        : { words: `I heard ${heard} and more and more.` },
  })
  const added: number[] = []
  const agent = new RealtimeAgent({
    name: 'shop',
    instructions: 'You sell tea.',
    tools: [
      tool({
        name: 'add_to_cart',
        description: 'Adds.',
        parameters: z.object({ quantity: z.number() }),
        async execute({ quantity }) {
          added.push(quantity)
          return JSON.stringify({ quantity })
        },
      }),
    ],
  })
  const mediaStream = await navigator.mediaDevices.getUserMedia({ audio: true })
  const audioElement = document.createElement('audio')
  const session = new RealtimeSession(agent, {
    transport: new OpenAIRealtimeWebRTC({ mediaStream, audioElement }),
    config: { audio: { input: { transcription: { model: 'gpt-4o-mini-transcribe' } } } },
  })
  const errors: unknown[] = []
  session.on('error', (error) => errors.push(error))
  onTestFinished(async () => {
    session.close()
    for (const track of mediaStream.getTracks()) track.stop()
    await provider.stop()
  })
  await session.connect({ apiKey: 'ek_1' })
  /** The client's messages. */
  const history = () =>
    session.history.flatMap((item) => {
      if (item.type !== 'message') return []
      const words = item.content.map((part) =>
        'text' in part ? part.text : 'transcript' in part ? part.transcript : '',
      )
      return [[item.role, words.join('')]]
    })
  return { provider, session, history, added, errors }
}

it('has a conversation with the double: words, a tool, an interruption, speech', async () => {
  const { provider, session, history, added, errors } = await callDouble()
  const [double] = provider.doubles
  session.sendMessage('Put it into the cart.')
  await vi.waitFor(() =>
    expect(history()).toEqual([
      ['user', 'Put it into the cart.'],
      ['assistant', 'I heard the answer {"quantity":2} and more and more.'],
    ]),
  )
  expect(added).toEqual([2])
  await vi.waitFor(() => expect(double?.isAnswering).toBe(false))

  const turn = double?.beginSpeech() ?? ''
  double?.endSpeech(turn, 'Is it blue?')
  await vi.waitFor(() => expect(history()[2]).toEqual(['user', 'Is it blue?']))
  await vi.waitFor(() => expect(provider.sent.at(-1)?.type).toBe('response.output_audio_transcript.delta'))
  session.interrupt()
  await vi.waitFor(() =>
    expect(
      provider.of('response.cancel').length + provider.of('output_audio_buffer.clear').length,
    ).toBeGreaterThan(0),
  )
  await vi.waitFor(() => expect(double?.isAnswering).toBe(false))
  await vi.waitFor(async () => expect(await provider.soundReceived()).toBeGreaterThan(0))
  expect(errors).toEqual([])
  // Nothing that the client sent was rejected, and it parses each event with its own schema.
  expect(provider.sent.filter(({ type }) => type === 'error')).toEqual([])
  const generic = provider.sent.filter(
    (event) => parseRealtimeEvent({ data: JSON.stringify(event) }).isGeneric,
  )
  expect(generic.map(({ type }) => type)).toEqual([])
  expect(new Set(provider.sent.map(({ type }) => type)).size).toBeGreaterThan(20)
})
