/** A microphone or a speaker. */
export interface AudioDevice {
  /** For `selectMicrophone` and `selectSpeaker`. Stays the same for a site until its data are cleared. */
  deviceId: string
  /** The system's name for it. */
  label: string
}

/** The microphones and speakers. The system's default has no entry: choose it with `null`. */
export interface AudioDevices {
  microphones: readonly AudioDevice[]
  speakers: readonly AudioDevice[]
  /** Names of the devices that are the default now; null in browsers that don't tell. */
  defaultMicrophone: string | null
  defaultSpeaker: string | null
  /** True if there is a microphone: without permission, browsers tell no more. Null before the first answer. */
  hasMicrophone: boolean | null
  /** True until the microphone is allowed: browsers hide names until then, and both lists are empty. */
  areLabelsHidden: boolean
  /** True if this browser lets a page choose the speaker (`setSinkId`). */
  canSelectSpeaker: boolean
  /** True if the browser has its own list of speakers, and reveals only the one that the user chose there. */
  canPromptForSpeaker: boolean
  /** True if a page can set the volume. iOS leaves that to the device's buttons. */
  canSetVolume: boolean
}

/** The devices, kept up to date while there are listeners. `get()` returns the same object until something changes. */
export interface AudioDeviceList {
  get(): AudioDevices
  subscribe(listener: () => void): () => void
  /** Reads the devices again. Never prompts. */
  refresh(): Promise<void>
}

/** Value before the browser's first answer. */
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
