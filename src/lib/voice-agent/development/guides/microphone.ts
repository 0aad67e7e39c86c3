import type { Guide, Guides } from './guide.js'

const microphone = (
  meaning: string,
  cause: string,
  remedy = 'None in your code. The user can type meanwhile.',
): Guide => ({ for: 'user', meaning, causes: [cause], remedies: [remedy] })

export const microphoneGuides = {
  'microphone-denied': microphone(
    '`getUserMedia` rejected with `NotAllowedError`, and the permission is `denied`.',
    'The user blocked the microphone for this site.',
  ),
  'microphone-dismissed': microphone(
    '`getUserMedia` rejected with `NotAllowedError`, and the permission is still `prompt`.',
    "The user closed the browser's prompt without a decision.",
    'Call `agent.retryMicrophone()` from a click to show the prompt again.',
  ),
  'microphone-denied-by-system': microphone(
    '`getUserMedia` rejected, because the operating system blocks the browser.',
    "The system's privacy settings block the browser.",
  ),
  'microphone-denied-by-policy': {
    for: 'both',
    meaning: "The page's permissions policy must allow `microphone`.",
    causes: [
      'The `Permissions-Policy` header lacks `microphone=(self)`.',
      'The page is in an `<iframe>` without `allow="microphone"`.',
    ],
    remedies: [
      'Send `Permissions-Policy: microphone=(self)`.',
      'Add `allow="microphone"` to the `<iframe>`.',
    ],
  },
  'microphone-missing': microphone('`getUserMedia` found no microphone.', 'No microphone is plugged in.'),
  'microphone-busy': microphone(
    '`getUserMedia` rejected with `NotReadableError`.',
    'Another app is using the microphone, or its driver failed.',
  ),
  'microphone-overconstrained': {
    for: 'both',
    meaning: '`getUserMedia` rejected with `OverconstrainedError`.',
    causes: ['No microphone meets the `exact`, `min` or `max` constraints of the option `audio`.'],
    remedies: ['In `audio`, use `ideal` instead of `exact`.'],
  },
  'microphone-unsupported': {
    for: 'both',
    meaning: '`navigator.mediaDevices` must exist. Browsers provide it only in a secure context.',
    causes: [
      'The page is served over plain HTTP from a host other than localhost.',
      'The browser is too old.',
    ],
    remedies: ['Serve the page over HTTPS.'],
  },
  'microphone-ended': microphone('The microphone track ended.', 'It was unplugged.'),
  'microphone-muted-by-system': microphone(
    'The system mutes the microphone track, so it sends silence.',
    'A hardware switch, or a phone call.',
  ),
} satisfies Guides
