import {
  type StorageStatus,
  toVoiceError,
  VoiceAgentError,
  type VoiceError,
} from '../../../../store/index.js'

export type StatusListener = (status: StorageStatus, error: VoiceError | null) => void

/** Holds the storage status and reports each change to one listener. */
export class StorageStatusReporter {
  #listener: StatusListener = () => {}
  #error: VoiceError | null = null
  #status: StorageStatus | null = null
  /** Error of the tab's sessionStorage. The status stays `persistent`, because everything is saved. */
  #tabError: VoiceError | null = null
  #reported: { status: StorageStatus; code: string | undefined } | null = null

  get status(): StorageStatus {
    return this.#status ?? 'memory'
  }

  /** Replaces the listener and reports the current status to it, if there is one. */
  listen(listener: StatusListener): void {
    this.#listener = listener
    if (this.#status) listener(this.#status, this.#currentError())
  }

  set(status: StorageStatus, thrown: unknown = null): void {
    this.#error = thrown === null ? null : toVoiceError(thrown, 'storage-unavailable')
    this.#status = status
    this.#report(status)
  }

  /** Reports a write: a success ends the `degraded` status of an earlier failure. */
  reportWrite(error: VoiceAgentError | null): void {
    this.set(error ? 'degraded' : 'persistent', error)
  }

  /** Reports that the tab's sessionStorage is full or denied, so a reload does not find the session as usual. */
  reportTab(isFull: boolean): void {
    this.#tabError = isFull ? toVoiceError(new VoiceAgentError('tab-storage-full')) : null
    if (this.#status) this.#report(this.#status)
  }

  #currentError(): VoiceError | null {
    return this.#error ?? (this.#status === 'persistent' ? this.#tabError : null)
  }

  #report(status: StorageStatus): void {
    const error = this.#currentError()
    if (this.#reported?.status === status && this.#reported.code === error?.code) return
    this.#reported = { status, code: error?.code }
    this.#listener(status, error)
  }
}
