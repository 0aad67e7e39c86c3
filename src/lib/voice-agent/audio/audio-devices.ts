/** A microphone or a speaker. */
export interface AudioDevice {
  /** Id for `selectMicrophone` and `selectSpeaker`. Stays the same until the site's data is cleared. */
  deviceId: string
  /** The system's name for the device. */
  label: string
}

/** Microphones and speakers to choose from. The system default is not listed; choose it with `null`. */
export interface AudioDevices {
  microphones: readonly AudioDevice[]
  speakers: readonly AudioDevice[]
  /** Names of the current default devices; null if the browser doesn't reveal them. */
  defaultMicrophone: string | null
  defaultSpeaker: string | null
  /** True if there is a microphone, which is all that browsers reveal without permission. Null until the browser has answered. */
  hasMicrophone: boolean | null
  /** True until the microphone is permitted, because browsers hide the device names until then. Both lists are empty meanwhile. */
  areLabelsHidden: boolean
  /** True if this browser lets a page choose the speaker (`setSinkId`). */
  canSelectSpeaker: boolean
  /** True if the browser shows its own list of speakers, and only reveals the chosen one to the page. */
  canPromptForSpeaker: boolean
  /** True if a page can set the volume. On iOS, only the hardware buttons can. */
  canSetVolume: boolean
}

/** Devices, kept up to date while there is a subscriber. `get` returns the same object until something changes. */
export interface AudioDeviceList {
  get(): AudioDevices
  subscribe(listener: () => void): () => void
  /** Reads the devices from the browser again, without a prompt. */
  refresh(): Promise<void>
}

/** Placeholder until the browser has answered. */
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
