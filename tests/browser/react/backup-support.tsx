import { StrictMode } from 'react'
import { type Backup, defaultBackupTexts } from 'redux-voice-agent/backup'
import { BackupPanel, type BackupPanelProps } from 'redux-voice-agent/backup/react'
import { onTestFinished, vi } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import type { BackupScene } from '../../../storybook/scripted-backup.js'
import { find, render } from './support.js'

export const texts = defaultBackupTexts
export const passphrase = 'correct horse battery staple'
export const session = {
  id: 'a',
  title: 'A kettle',
  createdAt: 1,
  updatedAt: 2,
  messageCount: 3,
  isHere: true,
}
export const open: BackupScene = { state: 'open', sessions: [session], syncedAt: 1_700_000_000_000 }

export const panel = (backup: Backup, props: Partial<BackupPanelProps> = {}) => (
  <StrictMode>
    <BackupPanel backup={backup} {...props} />
  </StrictMode>
)
export const show = (...args: Parameters<typeof panel>) => render(panel(...args))

export const named = (name: string | RegExp) => page.getByRole('button', { name, exact: true })
export const press = async (name: string) => userEvent.click(named(name))
export const field = (name: string) => page.getByLabelText(name, { exact: true })
export const heading = (name: string) => page.getByRole('heading', { name, exact: true, level: 2 })
export const status = (container: HTMLElement) =>
  container.querySelector('[data-rva-part=backup-status]')?.textContent ?? ''

/** Types a passphrase, and continues to the field for the code. Returns the code. */
export async function chooseAndRead(container: HTMLElement): Promise<string> {
  await press(texts.turnOn)
  await userEvent.fill(field(texts.passphrase), passphrase)
  await userEvent.fill(field(texts.repeatPassphrase), passphrase)
  await press(texts.next)
  const code = (await find(container, '[data-rva-part=recovery-code]')).textContent ?? ''
  await press(texts.codeKept)
  return code
}

/** Derives keys in fewer rounds than a real passphrase needs. */
export function withFewRounds(): void {
  const { deriveKey } = crypto.subtle
  const spy = vi.spyOn(crypto.subtle, 'deriveKey').mockImplementation((algorithm, ...args) => {
    const quick =
      'iterations' in (algorithm as object) ? { ...(algorithm as Pbkdf2Params), iterations: 10 } : algorithm
    return deriveKey.call(crypto.subtle, quick as Pbkdf2Params, ...args)
  })
  onTestFinished(() => spy.mockRestore())
}
