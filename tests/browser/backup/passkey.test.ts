import { createBackup } from 'redux-voice-agent/backup'
import { expect, it, onTestFinished } from 'vitest'
import { cdp } from 'vitest/browser'
import { openTalkingTab } from '../storage/voice-app.js'
import { objectStoreDouble } from './object-store-double.js'

/** Commands for Chromium's virtual authenticators, which Vitest's types lack. */
interface WebAuthnCommands {
  send(command: string, options?: object): Promise<{ authenticatorId: string }>
}

const withAuthenticator = async () => {
  const session = cdp() as unknown as WebAuthnCommands
  await session.send('WebAuthn.enable')
  const { authenticatorId } = await session.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      ctap2Version: 'ctap2_1',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
      hasPrf: true,
    },
  })
  return () => session.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId })
}

it('opens with the passkey in another browser profile, but not with a different passkey', {
  timeout: 60_000,
}, async () => {
  const { store } = objectStoreDouble()
  const unplug = await withAuthenticator()
  const tab = await openTalkingTab({ databaseName: `backup-${crypto.randomUUID()}` }, 'words')
  const passkey = { appName: 'Shop' }
  const first = createBackup({ objects: store, databaseName: tab.databaseName })
  onTestFinished(() => first.close())
  await first.create([{ passkey }])
  await first.sync()

  const second = createBackup({ objects: store, databaseName: `backup-${crypto.randomUUID()}` })
  onTestFinished(() => second.close())
  await second.unlock({ passkey })
  expect(await second.restore()).toMatchObject({ restored: [tab.id] })

  await unplug()
  const unplugOther = await withAuthenticator()
  onTestFinished(async () => {
    await unplugOther()
  })
  const third = createBackup({ objects: store, databaseName: `backup-${crypto.randomUUID()}` })
  onTestFinished(() => third.close())
  const controller = new AbortController()
  const opening = third.unlock({ passkey: { ...passkey, signal: controller.signal } })
  controller.abort()
  await expect(opening).rejects.toMatchObject({ code: 'passkey-cancelled' })
  expect(await third.status()).toBe('locked')
})
