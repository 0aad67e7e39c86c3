/** Minimum amplitude of sound, above comfort noise. */
const threshold = 0.003
const pollMs = 5
/** An agent that has not spoken after this many milliseconds counts as silent. */
const limitMs = 3_000
const silenceMs = 1_000

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/** Listens to the remote tracks of all the page's peer connections. */
export function watchAudible() {
  const context = new AudioContext()
  const samples = new Float32Array(256)
  let analyser: AnalyserNode | null = null
  const { RTCPeerConnection: Native } = window
  window.RTCPeerConnection = class extends Native {
    constructor(configuration?: RTCConfiguration) {
      super(configuration)
      this.addEventListener('track', ({ track }) => {
        if (track.kind !== 'audio') return
        analyser = new AnalyserNode(context, { fftSize: 256 })
        context.createMediaStreamSource(new MediaStream([track])).connect(analyser)
      })
    }
  }

  function isAudible(): boolean {
    analyser?.getFloatTimeDomainData(samples)
    return samples.some((sample) => Math.abs(sample) > threshold)
  }

  return {
    /** Resolves with the time of the next sound; null if there is none in time. */
    async next(): Promise<number | null> {
      const begun = performance.now()
      while (performance.now() - begun < limitMs) {
        if (isAudible()) return performance.now()
        await pause(pollMs)
      }
      return null
    },
    /** Resolves after a period of silence, and stops listening. */
    async silence(): Promise<void> {
      for (let since = performance.now(); performance.now() - since < silenceMs; await pause(50)) {
        if (isAudible()) since = performance.now()
      }
      await context.close()
    },
  }
}
