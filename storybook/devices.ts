/** A stand-in for the devices of a person's own computer, so that a story looks the same on every one. */
export const desk = [
  device('audioinput', 'default', 'Default - Desk microphone', 'desk'),
  device('audioinput', 'desk-microphone', 'Desk microphone', 'desk'),
  device('audioinput', 'headset-microphone', 'Headset', 'headset'),
  device('audiooutput', 'default', 'Default - Built-in speakers', 'built-in'),
  device('audiooutput', 'built-in-speakers', 'Built-in speakers', 'built-in'),
  device('audiooutput', 'headset-speakers', 'Headset', 'headset'),
]

/** What a browser tells before the microphone was allowed. */
export const nameless = [device('audioinput', '', '', ''), device('audiooutput', '', '', '')]

function device(kind: MediaDeviceKind, deviceId: string, label: string, groupId: string): MediaDeviceInfo {
  const fields = { kind, deviceId, label, groupId }
  return { ...fields, toJSON: () => fields }
}

/** What the browser answers from now on, until the story is over. */
export function plugIn(devices: MediaDeviceInfo[]): void {
  Object.defineProperty(navigator.mediaDevices, 'enumerateDevices', {
    configurable: true,
    value: async () => devices,
  })
}

export function plugInRealDevices(): void {
  Reflect.deleteProperty(navigator.mediaDevices, 'enumerateDevices')
}
