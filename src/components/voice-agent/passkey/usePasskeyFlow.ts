import { useCallback, useEffect, useRef, useState } from 'react'
import { check, checkChoice, isFunction } from '../../../lib/voice-agent/options/check-options.js'
import {
  PasskeyError,
  type PasskeyErrorCode,
  type PasskeyKeyProvider,
  type PasskeySetup,
} from '../../../lib/voice-agent/passkey/index.js'

/** `open`: sets up or unlocks, as needed. `add`: adds a passkey. `renew`: replaces the recovery code. */
export type PasskeyPurpose = 'open' | 'add' | 'renew'

/**
 * Screen of the flow. `set-up`, `create`, `evaluate`, `unlock`, `add` and `renew` wait for `next()` from a click; `code` shows the code;
 * `confirm` and `recover` wait for `submit(code)`.
 */
export type PasskeyView =
  | 'loading'
  | 'set-up'
  | 'create'
  | 'evaluate'
  | 'code'
  | 'confirm'
  | 'unlock'
  | 'recover'
  | 'add'
  | 'renew'
  | 'done'

/** State and commands for your own UI. */
export interface PasskeyFlow {
  view: PasskeyView
  /** Error of the last command: a passkey error code, or `storage` for any other error; null if there was none. */
  error: PasskeyErrorCode | 'storage' | null
  /** True while the browser shows its prompt, or the storage is busy. */
  isBusy: boolean
  /** The recovery code, only in the view `code`. */
  recoveryCode: string | null
  /** True once the key is open: the remaining steps are optional. */
  isOpen: boolean
  /** Runs the view's action. Call it from a click, because browsers ask for a passkey only on a click. */
  next(): void
  /** Checks a typed code. */
  submit(code: string): void
  /** Switches between `unlock` and `recover`, or between `code` and `confirm`. */
  show(view: 'unlock' | 'recover' | 'code' | 'confirm'): void
  /** Closes the browser's prompt, and rolls back unfinished steps. */
  cancel(): void
}

/**
 * Runs the passkey steps for your own UI. Ask for nothing while the page loads: `next()` needs a click.
 *
 * @example
 * const flow = usePasskeyFlow(keyProvider)
 * if (flow.view === 'unlock') return <button onClick={flow.next}>Use passkey</button>
 */
export function usePasskeyFlow(
  keyProvider: PasskeyKeyProvider,
  purpose: PasskeyPurpose = 'open',
): PasskeyFlow {
  check({ keyProvider: keyProvider?.status }, isFunction, 'the result of passkeyKeyProvider()')
  checkChoice({ purpose }, ['open', 'add', 'renew'])
  const [view, setView] = useState<PasskeyView>(purpose === 'open' ? 'loading' : purpose)
  const [error, setError] = useState<PasskeyFlow['error']>(null)
  const [isBusy, setIsBusy] = useState(false)
  const [isOpen, setIsOpen] = useState(false)
  const setup = useRef<PasskeySetup | null>(null)
  const running = useRef<AbortController | null>(null)

  const run = useCallback(async (task: (signal: AbortSignal) => Promise<PasskeyView>) => {
    if (running.current) return
    const controller = new AbortController()
    running.current = controller
    setError(null)
    setIsBusy(true)
    try {
      const next = await task(controller.signal)
      if (!controller.signal.aborted) setView(next)
    } catch (thrown) {
      if (!controller.signal.aborted) setError(thrown instanceof PasskeyError ? thrown.code : 'storage')
    } finally {
      if (running.current === controller) {
        running.current = null
        setIsBusy(false)
      }
    }
  }, [])

  const cancel = useCallback(() => {
    running.current?.abort()
    running.current = null
    setup.current?.cancel()
    setup.current = null
    setIsBusy(false)
  }, [])

  const load = useCallback(async (): Promise<PasskeyView> => {
    const { state } = await keyProvider.status()
    if (state === 'open') return 'done'
    return state === 'unset' ? 'set-up' : 'unlock'
  }, [keyProvider])

  useEffect(() => {
    if (purpose === 'open') void run(load)
    return cancel
  }, [purpose, run, load, cancel])

  /** Stores a setup that has begun, unless the flow was cancelled during its prompt. */
  const begin = async (beginning: Promise<PasskeySetup>, signal: AbortSignal): Promise<PasskeySetup> => {
    const begun = await beginning
    if (signal.aborted) begun.cancel()
    else setup.current = begun
    return begun
  }

  /** Runs a step of the setup. If it was cancelled, or another tab was faster, begins again. */
  const advance = async (step: (current: PasskeySetup) => Promise<void>): Promise<PasskeyView> => {
    const current = setup.current
    if (!current || current.step === 'cancelled') {
      setup.current = null
      return purpose === 'open' ? load() : purpose
    }
    await step(current)
    return viewOf(current)
  }

  const tasks: Partial<Record<PasskeyView, (signal: AbortSignal) => Promise<PasskeyView>>> = {
    loading: load,
    'set-up': async (signal) => {
      if (!setup.current) await begin(keyProvider.setUp(), signal)
      return advance((current) => current.create({ signal }))
    },
    create: (signal) => advance((current) => current.create({ signal })),
    evaluate: (signal) => advance((current) => current.evaluate({ signal })),
    code: async () => 'confirm',
    unlock: async (signal) => {
      await keyProvider.unlock({ signal })
      return 'done'
    },
    add: async (signal) => viewOf(await begin(keyProvider.addPasskey({ signal }), signal)),
    renew: async (signal) => viewOf(await begin(keyProvider.renewRecoveryCode({ signal }), signal)),
  }

  return {
    view,
    error,
    isBusy,
    isOpen: isOpen || view === 'done',
    recoveryCode: view === 'code' ? (setup.current?.recoveryCode ?? null) : null,
    next() {
      const task = tasks[view]
      if (task) void run(task)
    },
    submit(code) {
      void run(async (signal) => {
        if (view === 'confirm') return advance((current) => current.confirm(code))
        const begun = await begin(keyProvider.recover(code), signal)
        setIsOpen(true)
        return viewOf(begun)
      })
    },
    show(next) {
      setError(null)
      setView(next)
    },
    cancel,
  }
}

const viewOf = ({ step }: PasskeySetup): PasskeyView => (step === 'cancelled' ? 'loading' : step)
