import { BackupError, backupErrorCodes } from 'redux-voice-agent/backup'
import { PasskeyError, passkeyErrorCodes } from 'redux-voice-agent/passkey'
import { ShareError, shareErrorCodes } from 'redux-voice-agent/share'
import { expect, it } from 'vitest'

const errors = [
  ...backupErrorCodes.map((code) => new BackupError(code)),
  ...passkeyErrorCodes.map((code) => new PasskeyError(code)),
  ...shareErrorCodes.map((code) => new ShareError(code)),
]

it.each(errors.map((error) => [error.code, error.message]))(
  'the message of %s says what happened and what to do, and then names the page',
  (code, message) => {
    expect(message).toMatch(/^[A-Z][^:]{10,}: [^:.]{5,}\. See redux-voice-agent\/docs\/guides\/[a-z-]+\.md#/)
    expect(message).toContain(`#${code}.`)
  },
)
