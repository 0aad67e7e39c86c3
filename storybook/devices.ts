/** Replaces the computer's own devices, so that stories look the same everywhere. */
export const deskDevices = [
  device('audioinput', 'default', 'Default - Desk microphone', 'desk'),
  device('audioinput', 'desk-microphone', 'Desk microphone', 'desk'),
  device('audioinput', 'headset-microphone', 'Headset', 'headset'),
  device('audiooutput', 'default', 'Default - Built-in speakers', 'built-in'),
  device('audiooutput', 'built-in-speakers', 'Built-in speakers', 'built-in'),
  device('audiooutput', 'headset-speakers', 'Headset', 'headset'),
]

/** The devices that a browser reports before the user allows the microphone. */
export const unnamedDevices = [device('audioinput', '', '', ''), device('audiooutput', '', '', '')]

function device(kind: MediaDeviceKind, deviceId: string, label: string, groupId: string): MediaDeviceInfo {
  const fields = { kind, deviceId, label, groupId }
  return { ...fields, toJSON: () => fields }
}

/** Replaces the browser's list of devices until the story ends. */
export function plugIn(devices: MediaDeviceInfo[]): void {
  Object.defineProperty(navigator.mediaDevices, 'enumerateDevices', {
    configurable: true,
    value: async () => devices,
  })
}

export function plugInRealDevices(): void {
  Reflect.deleteProperty(navigator.mediaDevices, 'enumerateDevices')
}
