import {
  type StorageStatus,
  toVoiceError,
  type VoiceAgentError,
  type VoiceError,
} from '../../../../store/index.js'

export type StatusListener = (status: StorageStatus, error: VoiceError | null) => void

/** Holds the storage status and reports each change of it to one listener. */
export class StorageStatusReporter {
  #listener: StatusListener = () => {}
  #error: VoiceError | null = null
  #status: StorageStatus | null = null

  get status(): StorageStatus {
    return this.#status ?? 'memory'
  }

  /** Replaces the listener and reports the current status to it, if there is one. */
  listen(listener: StatusListener): void {
    this.#listener = listener
    if (this.#status) listener(this.#status, this.#error)
  }

  set(status: StorageStatus, thrown: unknown = null): void {
    const error = thrown === null ? null : toVoiceError(thrown, 'storage-unavailable')
    if (status === this.#status && error?.code === this.#error?.code) return
    this.#status = status
    this.#error = error
    this.#listener(status, error)
  }

  /** Reports a write: a success ends the `degraded` status of an earlier failure. */
  reportWrite(error: VoiceAgentError | null): void {
    this.set(error ? 'degraded' : 'persistent', error)
  }
}
