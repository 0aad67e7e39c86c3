/** Writes `docs/reference/errors.md` from the tables of the code: `npm run docs:errors`. A unit test fails if the page is out of date. */
import { existsSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { defaultTexts } from '../src/components/voice-agent/texts/en.js'
import { errorGuide } from '../src/lib/voice-agent/development/error-guide.js'
import type { Guide } from '../src/lib/voice-agent/development/guides/guide.js'
import { warningGuide } from '../src/lib/voice-agent/development/warning-guide.js'
import { errorCodes, type VoiceErrorCode } from '../store/index.js'

export const errorsPagePath = resolve(import.meta.dirname, '../docs/reference/errors.md')

const readers: Record<Guide['for'], string> = {
  user: 'user',
  developer: 'developer',
  both: 'user, developer',
}

const list = (items: readonly string[]) => items.map((item) => `- ${item}`)

const explain = (heading: string, guide: Omit<Guide, 'for'>, said: readonly string[]): string[] => [
  `### ${heading}`,
  '',
  guide.meaning,
  '',
  ...said,
  'Causes:',
  '',
  ...list(guide.causes),
  '',
  'Remedies:',
  '',
  ...list(guide.remedies),
  '',
]

/** Ten codes have a picture: `npm run screenshots -- --docs`. */
function pictureOf(code: VoiceErrorCode): string[] {
  const picture = `../images/errors/${code}.webp`
  const isThere = existsSync(resolve(errorsPagePath, '..', picture))
  return isThere ? [`![The notice of the assistant](${picture})`, ''] : []
}

const explainError = (code: VoiceErrorCode) =>
  explain(code, errorGuide[code], [`User text: *${defaultTexts.errors[code]}*`, '', ...pictureOf(code)])

/** Builds the page from the user-facing texts and the developers' guide. */
export function errorsPage(): string {
  return [
    '# Error codes',
    '',
    '**Purpose:** look up what an error code means, who can fix it, and how.',
    '',
    '<!-- Made by `npm run docs:errors`: edit the tables in `development/guides`, `en-errors.ts` and `en-assistant.ts` instead. -->',
    '',
    'Every error of the package has a code and two texts:',
    '',
    '- **Users** read `texts.errors[code]` in the assistant. You can [translate](../guides/translate.md) it. In your own UI, take it from',
    '  `defaultTexts.errors` of `redux-voice-agent/texts`. If the error ended the call, `texts.seemsOffline` and',
    '  `texts.conversationSaved` follow if they are true.',
    '- **Developers** read `error.message` and, during development, one console warning per cause. It contains the code, what was expected and',
    '  received, the cause and the remedies, but no token, key or conversation text. Production builds print nothing.',
    '',
    'The state and the `error` event contain `{ code, message, recoverable, providerCode }`, without the cause. A rejection includes it:',
    '',
    '```ts',
    "import { VoiceAgentError, WebRTCVoiceAgent } from 'redux-voice-agent'",
    '',
    "const agent = new WebRTCVoiceAgent({ apiEndpoint: '/api/voice-agent' })",
    'agent.connect().catch((error: unknown) => {',
    '  if (error instanceof VoiceAgentError) console.log(error.code, error.message, error.cause)',
    '})',
    '```',
    '',
    '`error.cause` is what your callback or the browser threw. Check its content before you log it.',
    '',
    '## Overview',
    '',
    '| code | for | user text |',
    '|---|---|---|',
    ...errorCodes.map(
      (code) =>
        `| [\`${code}\`](#${code}) | ${readers[errorGuide[code].for]} | ${defaultTexts.errors[code]} |`,
    ),
    '',
    '*For* says who can fix the error. An error that only the user can fix appears on the console only if another error caused it.',
    '',
    '## Codes',
    '',
    ...errorCodes.flatMap(explainError),
    '## Setup warnings',
    '',
    'During development, the package warns once about a setup that works but does less than you expect. Users do not see these warnings.',
    '',
    ...Object.entries(warningGuide).flatMap(([code, guide]) => explain(code, guide, [])),
    '## Next',
    '',
    '- [Troubleshooting](../guides/troubleshooting.md)',
    '- [Translate the texts](../guides/translate.md)',
    '- [State](state.md)',
  ]
    .join('\n')
    .concat('\n')
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(errorsPagePath, errorsPage())
