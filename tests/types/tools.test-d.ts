/** A tool's `run` receives the output of its schema, from any schema library. */

import { createVoiceAgent, type ToolContext, type VoiceTool } from 'redux-voice-agent'
import * as v from 'valibot'
import { expectTypeOf } from 'vitest'
import { z } from 'zod'

const apiEndpoint = '/api/voice-agent'
interface RootState {
  cart: { pieces: number }
}

createVoiceAgent({
  apiEndpoint,
  tools: {
    addToCart: {
      description: 'Puts pieces of a product into the cart.',
      parameters: z.object({ id: z.string(), quantity: z.int().default(1) }),
      run(args, context) {
        // The output type: a field with a default is never missing.
        expectTypeOf(args).toEqualTypeOf<{ id: string; quantity: number }>()
        expectTypeOf(context).toEqualTypeOf<ToolContext>()
        expectTypeOf(context.signal).toEqualTypeOf<AbortSignal>()
        expectTypeOf(context.getState<RootState>().cart.pieces).toEqualTypeOf<number>()
        expectTypeOf(context.dispatch({ type: 'cart/added' }).type).toEqualTypeOf<string>()
        return { added: args.quantity }
      },
    },
    findProduct: {
      description: 'Finds a product.',
      parameters: v.object({
        words: v.pipe(
          v.string(),
          v.transform((text) => text.split(' ')),
        ),
      }),
      async run(args) {
        // After the transformation.
        expectTypeOf(args).toEqualTypeOf<{ words: string[] }>()
      },
    },
  },
})

createVoiceAgent({
  apiEndpoint,
  tools: {
    addToCart: {
      description: 'Puts a product into the cart.',
      parameters: z.object({ id: z.string() }),
      // @ts-expect-error The schema has no quantity.
      run: ({ quantity }) => quantity,
    },
  },
})
createVoiceAgent({
  apiEndpoint,
  tools: {
    addToCart: {
      description: 'Puts a product into the cart.',
      parameters: v.object({ quantity: v.number() }),
      // @ts-expect-error The schema's output is a number.
      run: ({ quantity }: { quantity: string }) => quantity,
    },
  },
})
createVoiceAgent({
  apiEndpoint,
  tools: {
    // @ts-expect-error Not a Standard Schema: a JSON Schema has no code to validate with.
    addToCart: { description: 'Puts a product into the cart.', parameters: { type: 'object' }, run() {} },
  },
})
// @ts-expect-error A tool needs a description for the agent's model.
createVoiceAgent({ apiEndpoint, tools: { addToCart: { parameters: z.object({}), run() {} } } })

createVoiceAgent({
  apiEndpoint,
  tools: {
    pay: {
      description: 'Pays.',
      parameters: z.object({ eur: z.number() }),
      timeLimitMs: 60_000,
      needsApproval(args) {
        expectTypeOf(args).toEqualTypeOf<{ eur: number }>()
        return args.eur > 20
      },
      run: ({ eur }) => ({ paid: eur }),
    },
    look: { description: 'Looks.', parameters: z.object({}), needsApproval: true, run() {} },
  },
})
createVoiceAgent({
  apiEndpoint,
  tools: {
    pay: {
      description: 'Pays.',
      parameters: z.object({ eur: z.number() }),
      // @ts-expect-error The schema has no amount.
      needsApproval: ({ amount }) => amount > 20,
      run() {},
    },
  },
})

// A tool defined separately.
const removeFromCart: VoiceTool<{ id: string }> = {
  description: 'Takes a product out of the cart.',
  parameters: z.object({ id: z.string() }),
  run: ({ id }) => ({ removed: id }),
}
createVoiceAgent({ apiEndpoint, tools: { removeFromCart } })
