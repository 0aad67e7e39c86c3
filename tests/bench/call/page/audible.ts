/** Amplitude that is sound and no comfort noise. */
const threshold = 0.003
const pollMs = 5
const limitMs = 8_000

/** Watches the remote tracks of all peer connections, whoever makes them, for the first audible sample. */
export function watchAudible() {
  const context = new AudioContext()
  const tracks: MediaStreamTrack[] = []
  const { RTCPeerConnection: Native } = window
  window.RTCPeerConnection = class extends Native {
    constructor(configuration?: RTCConfiguration) {
      super(configuration)
      this.addEventListener('track', ({ track }) => tracks.push(track))
    }
  }

  return {
    /** Resolves with the time of the first sound from now on; null if there is none in time. */
    async next(): Promise<number | null> {
      const begun = performance.now()
      const seen = tracks.length
      const samples = new Float32Array(256)
      let analyser: AnalyserNode | null = null
      while (performance.now() - begun < limitMs) {
        const track = tracks[seen]
        if (track && !analyser) {
          analyser = new AnalyserNode(context, { fftSize: 256 })
          context.createMediaStreamSource(new MediaStream([track])).connect(analyser)
        }
        analyser?.getFloatTimeDomainData(samples)
        if (samples.some((sample) => Math.abs(sample) > threshold)) return performance.now()
        await new Promise((resolve) => setTimeout(resolve, pollMs))
      }
      return null
    },
  }
}
