import type { WatchTexts } from './types.js'

const plural = (seconds: number) => (seconds === 1 ? '1 second' : `${seconds} seconds`)

export const watchTexts: WatchTexts = {
  idleEndsIn: (seconds) => `It is quiet. The conversation ends in ${plural(seconds)}.`,
  keepTalking: 'Keep talking',
  callWarnings: {
    'silent-input':
      'Your microphone gives no sound. Check its switch and its cable, or choose another one beside it.',
    'slow-network':
      'The network is slow, so answers come late. Move closer to your router, or stop downloads.',
    'nothing-heard':
      'The agent speaks, but its sound does not arrive. Read its words here, or end the conversation and start again.',
  },
}
