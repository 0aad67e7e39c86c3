import { vi } from 'vitest'

/** Counts the resources that a call may leak, by wrapping the functions that create them. */
export function countLeaks() {
  const peers = new Set<RTCPeerConnection>()
  const tracks = new Set<MediaStreamTrack>()
  const players = new Set<HTMLAudioElement>()
  const timers = new Set<unknown>()
  const listeners: { target: EventTarget; type: string; listener: unknown }[] = []
  const listenersOf = (target: EventTarget) => {
    const find = (type: string, listener: unknown) =>
      listeners.findIndex(
        (held) => held.target === target && held.type === type && held.listener === listener,
      )
    return {
      add(type: string, listener: unknown) {
        if (find(type, listener) < 0) listeners.push({ target, type, listener })
      },
      remove(type: string, listener: unknown) {
        const index = find(type, listener)
        if (index >= 0) listeners.splice(index, 1)
      },
    }
  }
  let requests = 0
  const undo: (() => void)[] = []

  function replace<T extends object, K extends keyof T>(owner: T, name: K, make: (original: T[K]) => T[K]) {
    const original = owner[name]
    owner[name] = make(original)
    undo.push(() => {
      owner[name] = original
    })
  }

  replace(window, 'RTCPeerConnection', (Original) => {
    return class extends Original {
      constructor(configuration?: RTCConfiguration) {
        super(configuration)
        peers.add(this)
      }
    }
  })
  replace(window, 'Audio', (Original) => {
    return class extends Original {
      constructor(source?: string) {
        super(source)
        players.add(this)
      }
    }
  })
  const open = MediaDevices.prototype.getUserMedia.bind(navigator.mediaDevices)
  const opened = vi.spyOn(navigator.mediaDevices, 'getUserMedia').mockImplementation(async (constraints) => {
    const stream = await open(constraints)
    for (const track of stream.getTracks()) tracks.add(track)
    return stream
  })
  undo.push(() => opened.mockRestore())

  const set = window.setTimeout.bind(window)
  replace(
    window,
    'setTimeout',
    () =>
      ((run: () => void, ms?: number) => {
        const timer = set(() => {
          timers.delete(timer)
          run()
        }, ms)
        timers.add(timer)
        return timer
      }) as typeof setTimeout,
  )
  const repeat = window.setInterval.bind(window)
  replace(
    window,
    'setInterval',
    () =>
      ((run: () => void, ms?: number) => {
        const timer = repeat(run, ms)
        timers.add(timer)
        return timer
      }) as typeof setInterval,
  )
  for (const name of ['clearTimeout', 'clearInterval'] as const) {
    replace(window, name, (original) => (timer) => {
      timers.delete(timer)
      original.call(window, timer)
    })
  }
  for (const target of [window, document, navigator.mediaDevices]) {
    const held = listenersOf(target)
    replace(
      target,
      'addEventListener',
      (original) =>
        ((...args: Parameters<typeof original>) => {
          const [type, listener, options] = args
          held.add(type, listener)
          if (typeof options === 'object')
            options.signal?.addEventListener('abort', () => held.remove(type, listener))
          Reflect.apply(original, target, args)
        }) as never,
    )
    replace(
      target,
      'removeEventListener',
      (original) =>
        ((...args: Parameters<typeof original>) => {
          held.remove(args[0], args[1])
          Reflect.apply(original, target, args)
        }) as never,
    )
  }
  // Wraps the bot's double.
  replace(window, 'fetch', (original) => async (...args) => {
    requests++
    try {
      return await original(...args)
    } finally {
      requests--
    }
  })

  return {
    made: () => ({ peers: peers.size, tracks: tracks.size, players: players.size }),
    async left() {
      return {
        peers: [...peers].filter(({ signalingState }) => signalingState !== 'closed').length,
        tracks: [...tracks].filter(({ readyState }) => readyState === 'live').length,
        players: [...players].filter(({ paused, srcObject }) => !paused || srcObject !== null).length,
        timers: timers.size,
        listeners: listeners.length,
        requests,
        locks: (await navigator.locks.query()).held?.length ?? 0,
      }
    },
    stop() {
      for (const restore of undo.reverse()) restore()
    },
  }
}
