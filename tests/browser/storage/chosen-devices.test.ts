import { afterEach, expect, test } from 'vitest'
import { openPage, openTab, openTalkingTab } from './voice-app.js'

afterEach(() => sessionStorage.clear())

const freshDatabase = () => ({ databaseName: `test-${crypto.randomUUID()}` })
const chosenBy = ({ state }: ReturnType<typeof openPage>) => {
  const { microphoneId, speakerId, volume, isMuted } = state().connection
  return { microphoneId, speakerId, volume, isMuted }
}
const chosen = { microphoneId: 'a headset', speakerId: 'its speakers', volume: 0.3, isMuted: true }

/** A tab with a saved conversation, in which devices were chosen. */
async function openChoosingTab() {
  const page = await openTalkingTab(freshDatabase())
  page.agent.selectMicrophone(chosen.microphoneId)
  page.agent.selectSpeaker(chosen.speakerId)
  page.agent.setVolume(chosen.volume)
  page.agent.mute()
  return page
}

test('the chosen devices return with the conversation of their tab', async () => {
  const before = await openChoosingTab()
  await before.voiceAgent.dispose()
  const after = openPage({ databaseName: before.databaseName })
  await after.sessionManager.initialize()
  expect(chosenBy(after)).toEqual(chosen)
})

test('a choice made in the page outlasts the conversations opened in it', async () => {
  const before = await openChoosingTab()
  await before.voiceAgent.dispose()
  const after = openPage({ databaseName: before.databaseName })
  after.agent.selectMicrophone('another')
  await after.sessionManager.initialize()
  expect(chosenBy(after)).toEqual({ microphoneId: 'another', speakerId: null, volume: 1, isMuted: false })
})

test("a conversation from another tab does not bring that tab's devices", async () => {
  const before = await openChoosingTab()
  await before.voiceAgent.dispose()
  const other = openTab({ databaseName: before.databaseName })
  await other.sessionManager.initialize()
  await other.sessionManager.restoreSession(before.id)
  expect(other.texts()).toEqual(['before'])
  expect(chosenBy(other)).toEqual({ microphoneId: null, speakerId: null, volume: 1, isMuted: false })
})
