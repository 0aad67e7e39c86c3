/** A microphone or a speaker. */
export interface AudioDevice {
  /** Id for `selectMicrophone` and `selectSpeaker`. Stays the same for a site until its data are cleared. */
  deviceId: string
  /** Name given by the system. */
  label: string
}

/** Microphones and speakers that can be chosen. The system's default is not listed: choose it with `null`. */
export interface AudioDevices {
  microphones: readonly AudioDevice[]
  speakers: readonly AudioDevice[]
  /** Devices that are the default at present, if the browser names them. */
  defaultMicrophone: string | null
  defaultSpeaker: string | null
  /** True if there is a microphone: without permission, browsers reveal no more. Null until the browser has answered. */
  hasMicrophone: boolean | null
  /** True until the microphone was allowed, because browsers name devices only then: until then both lists are empty. */
  areLabelsHidden: boolean
  /** True if this browser lets a page choose the speaker (`setSinkId`). */
  canSelectSpeaker: boolean
  /** True if the browser shows its own list of speakers, and reveals to a page only the one chosen there. */
  canPromptForSpeaker: boolean
  /** True if a page can set the volume. iOS leaves it to the buttons of the device. */
  canSetVolume: boolean
}

/** Devices, kept up to date while there is a subscriber. The same object until something changes. */
export interface AudioDeviceList {
  get(): AudioDevices
  subscribe(listener: () => void): () => void
  /** Reads the devices from the browser again, without a prompt. */
  refresh(): Promise<void>
}

/** Value before the browser has answered. */
export const unknownDevices: AudioDevices = {
  microphones: [],
  speakers: [],
  defaultMicrophone: null,
  defaultSpeaker: null,
  hasMicrophone: null,
  areLabelsHidden: true,
  canSelectSpeaker: false,
  canPromptForSpeaker: false,
  canSetVolume: false,
}
