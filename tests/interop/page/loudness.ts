/** Time in which the agent was audible, in milliseconds since the epoch. */
export interface Loud {
  from: number
  to: number
}

declare global {
  interface Window {
    loudUnderTest: Loud[]
  }
}

/** −50 dBFS, the loudness threshold from the analytics guide. */
const quietest = 0.003
/** Seconds of silence that are part of a sound: less than a frame of Opus. */
const gap = 0.015

/** Posts the loud times of its input every 50 ms, in seconds of its context. */
const worklet = `
registerProcessor('loudness', class extends AudioWorkletProcessor {
  loud = null
  postedAt = 0
  post() {
    if (this.loud) this.port.postMessage(this.loud)
    this.loud = null
  }
  process([[samples]]) {
    const isLoud = samples?.some((sample) => Math.abs(sample) >= ${quietest})
    const end = currentTime + 128 / sampleRate
    if (isLoud && this.loud && currentTime - this.loud.to < ${gap}) this.loud.to = end
    else if (isLoud) {
      this.post()
      this.loud = { from: currentTime, to: end }
    }
    if (currentTime - this.postedAt > 0.05) {
      this.postedAt = currentTime
      this.post()
    }
    return true
  }
})`

/** Reads every sample of the agent's sound in an audio worklet. Call it before the page starts a call. */
export async function hearAgent(): Promise<void> {
  const times: Loud[] = []
  window.loudUnderTest = times
  const context = new AudioContext()
  await context.audioWorklet.addModule(URL.createObjectURL(new Blob([worklet], { type: 'text/javascript' })))

  /** When the sample at this time of the context leaves the loudspeaker. */
  function toEpoch(time: number): number {
    const { contextTime = 0, performanceTime = 0 } = context.getOutputTimestamp()
    return performance.timeOrigin + performanceTime + (time - contextTime) * 1_000
  }

  const heard = new Set<string>()
  const { play } = HTMLMediaElement.prototype
  HTMLMediaElement.prototype.play = function () {
    const stream = this.srcObject
    const [track] = stream instanceof MediaStream ? stream.getAudioTracks() : []
    if (track && stream instanceof MediaStream && !heard.has(track.id)) {
      heard.add(track.id)
      const node = new AudioWorkletNode(context, 'loudness')
      node.port.onmessage = ({ data }: MessageEvent<Loud>) =>
        times.push({ from: toEpoch(data.from), to: toEpoch(data.to) })
      context.createMediaStreamSource(stream).connect(node)
    }
    return play.call(this)
  }
}
