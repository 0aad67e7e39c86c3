import type { CheckTexts } from './types.js'

export const checkTexts: CheckTexts = {
  checkSteps: {
    microphone: 'Microphone:',
    server: 'Voice service:',
    connection: 'Connection:',
    relay: 'Strict networks:',
  },
  checkStatus: {
    waiting: 'waits',
    running: 'is being tried…',
    warning: 'may be trouble',
    failed: 'does not work',
    skipped: 'not tried',
  },
  checkPassed: {
    microphone: 'works, and gives sound.',
    server: 'answers.',
    connection: 'sound and messages get through.',
    relay: 'a relay can be reached, so calls work there, too.',
  },
  checkSilent: 'is allowed, and gives no sound. Say something, check its switch, or choose another one.',
  checkNoRelay: 'no relay is set up. In an office or a hotel, a call may fail; use another network then.',
}
