/** One step of a call, in milliseconds since the page's time origin. For a point in time, `to` equals `from`. */
export interface Step {
  name: string
  from: number
  to: number
}

/** Records when a page requests what a call needs from the browser, at the same cost for every client. */
export function createProbe() {
  const steps: Step[] = []
  let channel: RTCDataChannel | null = null

  const point = (name: string) => {
    const now = performance.now()
    steps.push({ name, from: now, to: now })
  }

  function measured<Result>(name: string, run: () => Promise<Result>): Promise<Result> {
    const from = performance.now()
    const result = run()
    const done = () => void steps.push({ name, from, to: performance.now() })
    result.then(done, done)
    return result
  }

  /** Replaces a method that returns a promise with a measured one. */
  function wrap<Name extends string>(
    owner: Record<Name, (...args: never[]) => Promise<unknown>> | undefined,
    method: Name,
    nameOf: (...args: unknown[]) => string | null = () => method,
  ) {
    const native = owner?.[method] as ((...args: unknown[]) => Promise<unknown>) | undefined
    if (!owner || !native) return
    owner[method] = function (this: unknown, ...args: unknown[]) {
      const name = nameOf(...args)
      return name === null ? native.apply(this, args) : measured(name, () => native.apply(this, args))
    } as never
  }

  wrap(window as never, 'fetch', (input, init) => {
    const { pathname } = new URL(input instanceof Request ? input.url : String(input), location.href)
    const { method = 'GET' } = (input instanceof Request ? input : (init ?? {})) as RequestInit
    return `${method} ${pathname.split('/').at(-1)}`
  })
  wrap(navigator.mediaDevices as never, 'getUserMedia')
  wrap(navigator.permissions as never, 'query', () => 'permission')
  wrap(RTCPeerConnection.prototype as never, 'createOffer')
  wrap(RTCPeerConnection.prototype as never, 'setLocalDescription')
  wrap(RTCPeerConnection.prototype as never, 'setRemoteDescription')
  const { createDataChannel } = RTCPeerConnection.prototype
  RTCPeerConnection.prototype.createDataChannel = function (...args) {
    const created = createDataChannel.apply(this, args)
    created.addEventListener('open', () => point('channel open'))
    channel = created
    return created
  }
  const { RTCPeerConnection: Native } = window
  window.RTCPeerConnection = class extends Native {
    constructor(configuration?: RTCConfiguration) {
      const from = performance.now()
      super(configuration)
      steps.push({ name: 'new RTCPeerConnection', from, to: performance.now() })
      this.addEventListener('connectionstatechange', () => {
        if (this.connectionState === 'connected') point('connected')
      })
    }
  }
  const { open } = IDBFactory.prototype
  IDBFactory.prototype.open = function (...args) {
    const from = performance.now()
    const request = open.apply(this, args)
    request.addEventListener('success', () =>
      steps.push({ name: 'indexedDB.open', from, to: performance.now() }),
    )
    return request
  }

  return {
    point,
    /** The steps since `since`, and the chunks requested, in order of their start. */
    since(since: number): Step[] {
      const chunks = performance
        .getEntriesByType('resource')
        .filter(({ name }) => name.endsWith('.js'))
        .map(({ name, startTime, duration }) => ({
          name: `chunk ${new URL(name).pathname
            .split('/')
            .at(-1)
            ?.replace(/-[\w-]{8}\.js$/, '')}`,
          from: startTime,
          to: startTime + duration,
        }))
      return [...steps, ...chunks]
        .filter(({ from }) => from >= since)
        .map(({ name, from, to }) => ({ name, from: from - since, to: to - since }))
        .toSorted((a, b) => a.from - b.from)
    },
    /** Delivers a message to the page as if it had arrived on its newest data channel. */
    receive(message: unknown) {
      channel?.dispatchEvent(new MessageEvent('message', { data: JSON.stringify(message) }))
    },
  }
}

export type Probe = ReturnType<typeof createProbe>
