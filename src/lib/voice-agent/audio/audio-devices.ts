/** A microphone or a speaker. */
export interface AudioDevice {
  /** For `selectMicrophone` and `selectSpeaker`. Stays the same for a site until its data are cleared. */
  deviceId: string
  /** As the system calls it. */
  label: string
}

/** What can be spoken into and heard from. The system's default is no entry: it is `null` where a device is chosen. */
export interface AudioDevices {
  microphones: readonly AudioDevice[]
  speakers: readonly AudioDevice[]
  /** What the default stands for at present, where the browser says so. */
  defaultMicrophone: string | null
  defaultSpeaker: string | null
  /** Whether there is a microphone at all: without permission that is all a browser tells. Null until it was asked. */
  hasMicrophone: boolean | null
  /** Browsers name devices only once the microphone was allowed: until then both lists are empty. */
  areLabelsHidden: boolean
  /** Whether this browser lets a page choose where sound comes from (`setSinkId`). */
  canSelectSpeaker: boolean
  /** Whether the browser has a list of speakers of its own to choose from, and shows a page only what was chosen there. */
  canPromptForSpeaker: boolean
  /** Whether a page can set how loud it is. iOS leaves that to the buttons of the device. */
  canSetVolume: boolean
}

/** The devices, kept up to date while somebody listens. The same object until something changes. */
export interface AudioDeviceList {
  get(): AudioDevices
  subscribe(listener: () => void): () => void
  /** Asks the browser again, without asking the person anything. */
  refresh(): Promise<void>
}

/** Before the browser was asked. */
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
