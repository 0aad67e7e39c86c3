import { describe, expect, it } from 'vitest'
import { toAudioDevices } from '../../../src/lib/voice-agent/audio/audio-device-list.js'

const able = { canSelectSpeaker: true, canPromptForSpeaker: false, canSetVolume: true }
const info = (kind: MediaDeviceKind, deviceId: string, label: string, groupId = ''): MediaDeviceInfo => ({
  kind,
  deviceId,
  label,
  groupId,
  toJSON: () => ({}),
})

describe('the device list in user terms', () => {
  it('lists the default and communications devices once, but knows what the default stands for', () => {
    // As reported by a German Chromium on Windows.
    const devices = toAudioDevices(
      [
        info('audioinput', 'default', 'Standard - Headset (USB)', 'usb'),
        info('audioinput', 'communications', 'Kommunikation - Mikrofon', 'board'),
        info('audioinput', 'a1', 'Headset (USB)', 'usb'),
        info('audioinput', 'b2', 'Mikrofon', 'board'),
        info('audiooutput', 'default', 'Standard - Lautsprecher', 'board'),
        info('audiooutput', 'c3', 'Lautsprecher', 'board'),
        info('audiooutput', 'd4', 'Kopfhörer', 'board'),
        info('videoinput', 'e5', 'Kamera', 'camera'),
      ],
      able,
    )
    expect(devices).toEqual({
      ...able,
      microphones: [
        { deviceId: 'a1', label: 'Headset (USB)' },
        { deviceId: 'b2', label: 'Mikrofon' },
      ],
      speakers: [
        { deviceId: 'c3', label: 'Lautsprecher' },
        { deviceId: 'd4', label: 'Kopfhörer' },
      ],
      defaultMicrophone: 'Headset (USB)',
      defaultSpeaker: 'Lautsprecher',
      hasMicrophone: true,
      areLabelsHidden: false,
    })
  })

  it('does not guess a default in Firefox and Safari, which list none', () => {
    expect(toAudioDevices([info('audioinput', 'a1', 'Headset')], able)).toMatchObject({
      microphones: [{ deviceId: 'a1', label: 'Headset' }],
      defaultMicrophone: null,
    })
  })

  it('distinguishes missing permission from a missing microphone', () => {
    // Without id and label, or with an id but no label.
    expect(toAudioDevices([info('audioinput', '', '')], able)).toMatchObject({
      microphones: [],
      hasMicrophone: true,
      areLabelsHidden: true,
    })
    expect(toAudioDevices([info('audioinput', 'x', '')], able)).toMatchObject({ areLabelsHidden: true })
    expect(toAudioDevices([], able)).toMatchObject({ hasMicrophone: false, areLabelsHidden: false })
  })
})
