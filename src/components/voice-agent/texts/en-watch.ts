import type { WatchTexts } from './types.js'

const plural = (seconds: number) => (seconds === 1 ? '1 second' : `${seconds} seconds`)

export const watchTexts: WatchTexts = {
  idleEndsIn: (seconds) => `Are you still there? The conversation ends in ${plural(seconds)}.`,
  keepTalking: 'Keep talking',
  callWarnings: {
    'silent-input':
      "Your microphone isn't picking up any sound. Check its switch and cable, or choose another one.",
    'slow-network':
      'The network is slow, so answers are delayed. Move closer to your router, or stop downloads.',
    'nothing-heard':
      'The agent is speaking, but no sound is coming through. Read the answer here, or end the conversation and start again.',
  },
}
