import {
  type StorageStatus,
  toVoiceError,
  type VoiceAgentError,
  type VoiceError,
} from '../../../../store/index.js'

export type StatusListener = (status: StorageStatus, error: VoiceError | null) => void

/** Tells how well things are kept: each time that changes, and to a new listener. */
export class StorageStatusReporter {
  #listener: StatusListener = () => {}
  #error: VoiceError | null = null
  #status: StorageStatus | null = null

  get status(): StorageStatus {
    return this.#status ?? 'memory'
  }

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

  /** After each write: one that succeeds mends what one that failed had broken. */
  reportWrite(error: VoiceAgentError | null): void {
    this.set(error ? 'degraded' : 'persistent', error)
  }
}
