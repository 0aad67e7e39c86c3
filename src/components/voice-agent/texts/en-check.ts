import type { CheckTexts } from './types.js'

export const checkTexts: CheckTexts = {
  checkSteps: {
    microphone: 'Microphone:',
    server: 'Voice service:',
    connection: 'Connection:',
    relay: 'Strict networks:',
  },
  checkStatus: {
    waiting: 'waiting',
    running: 'checking…',
    warning: 'may not work',
    failed: 'failed',
    skipped: 'skipped',
  },
  checkPassed: {
    microphone: 'works and picks up sound.',
    server: 'responds.',
    connection: 'sound and messages get through.',
    relay: 'a relay can be reached, so calls work there, too.',
  },
  checkSilent:
    "is allowed, but isn't picking up any sound. Say something, check its switch, or choose another one.",
  checkNoRelay:
    'no relay is set up. In an office or a hotel, a call may fail. If it does, use another network.',
}
