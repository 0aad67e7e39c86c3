import { type AudioDeviceList, type AudioDevices, unknownDevices } from './audio-devices.js'

/** Not yet in TypeScript's library. Source: W3C Audio Output Devices API, 3.2. */
interface PromptingMediaDevices extends MediaDevices {
  selectAudioOutput?(): Promise<MediaDeviceInfo>
}

const mediaDevices = () => globalThis.navigator?.mediaDevices as PromptingMediaDevices | undefined

/** Lets the user choose a speaker from the browser's own list. Call it from a click. Returns null if the user chose none. */
export async function promptForSpeaker(): Promise<string | null> {
  const chosen = await mediaDevices()
    ?.selectAudioOutput?.()
    .catch(() => undefined)
  return chosen?.deviceId ?? null
}

/** Ids of entries that duplicate another device. Chromium lists the default device twice and, on Windows, the communications device. */
const aliases = new Set(['default', 'communications'])

function chosenFrom(infos: readonly MediaDeviceInfo[], kind: MediaDeviceKind) {
  const ofKind = infos.filter((info) => info.kind === kind)
  const alias = ofKind.find(({ deviceId }) => deviceId === 'default')
  // Compares the labels without the localised prefix ("Default - ") that Chromium adds.
  const defaultDevice = ofKind.find(
    ({ deviceId, groupId, label }) =>
      !aliases.has(deviceId) && groupId === alias?.groupId && alias.label.endsWith(label),
  )
  return {
    count: ofKind.length,
    defaultLabel: defaultDevice?.label || null,
    devices: ofKind
      .filter(({ deviceId, label }) => deviceId !== '' && label !== '' && !aliases.has(deviceId))
      .map(({ deviceId, label }) => ({ deviceId, label })),
  }
}

/** Converts the result of `enumerateDevices`. */
export function toAudioDevices(
  infos: readonly MediaDeviceInfo[],
  able: Pick<AudioDevices, 'canSelectSpeaker' | 'canPromptForSpeaker' | 'canSetVolume'>,
): AudioDevices {
  const inputs = chosenFrom(infos, 'audioinput')
  const outputs = chosenFrom(infos, 'audiooutput')
  return {
    microphones: inputs.devices,
    speakers: outputs.devices,
    defaultMicrophone: inputs.defaultLabel,
    defaultSpeaker: outputs.defaultLabel,
    hasMicrophone: inputs.count > 0,
    areLabelsHidden: inputs.count > 0 && inputs.devices.length === 0,
    ...able,
  }
}

/** Tests by setting a volume, because iOS accepts one but ignores it. */
function canSetVolume(): boolean {
  if (typeof Audio === 'undefined') return false
  const element = new Audio()
  element.volume = 0.5
  return element.volume === 0.5
}

/** Listens to the browser's device changes only while there is a subscriber. */
export function createAudioDeviceList(): AudioDeviceList {
  const listeners = new Set<() => void>()
  let devices = unknownDevices
  let requests = 0

  async function refresh() {
    const request = ++requests
    const infos = await mediaDevices()
      ?.enumerateDevices()
      .catch(() => [])
    // Ignores a result that a later request has superseded.
    if (request !== requests) return
    const next = toAudioDevices(infos ?? [], {
      canSelectSpeaker: typeof HTMLMediaElement !== 'undefined' && 'setSinkId' in HTMLMediaElement.prototype,
      canPromptForSpeaker: typeof mediaDevices()?.selectAudioOutput === 'function',
      canSetVolume: canSetVolume(),
    })
    if (JSON.stringify(next) === JSON.stringify(devices)) return
    devices = next
    for (const listener of [...listeners]) listener()
  }
  const onChange = () => void refresh()

  return {
    get: () => devices,
    refresh,
    subscribe(listener) {
      if (listeners.size === 0) {
        mediaDevices()?.addEventListener('devicechange', onChange)
        void refresh()
      }
      listeners.add(listener)
      return () => {
        if (!listeners.delete(listener) || listeners.size > 0) return
        mediaDevices()?.removeEventListener('devicechange', onChange)
      }
    },
  }
}
