/** Start or end of a sound, in seconds of the context that detected it. */
export interface Edge {
  edge: 'began' | 'ended'
  time: number
}

/** −50 dBFS, the loudness threshold from the analytics guide. A word takes 10 ms or more to fade between two thresholds. */
const quietest = 0.003

/** Posts the times of the first and last loud samples that border 200 ms of silence, in seconds of its context. */
const worklet = `
registerProcessor('edges', class extends AudioWorkletProcessor {
  quiet = 0
  last = null
  process([[samples]]) {
    if (!samples) return true
    for (let index = 0; index < samples.length; index++) {
      const time = currentTime + index / sampleRate
      if (Math.abs(samples[index]) < ${quietest}) {
        this.quiet++
        if (this.last === null || this.quiet < sampleRate * 0.2) continue
        this.port.postMessage({ edge: 'ended', time: this.last })
        this.last = null
      } else {
        if (this.last === null) this.port.postMessage({ edge: 'began', time })
        this.quiet = 0
        this.last = time
      }
    }
    return true
  }
})`

/** Prepares a context for {@link listenForEdges}. */
export async function prepareContext(context: BaseAudioContext): Promise<void> {
  await context.audioWorklet.addModule(URL.createObjectURL(new Blob([worklet], { type: 'text/javascript' })))
}

/** Creates a context for {@link listenForEdges}. */
export async function createListeningContext(): Promise<AudioContext> {
  const context = new AudioContext()
  await prepareContext(context)
  return context
}

/** Reads every sample of a node in an audio worklet. Returns the edges, an array that grows as they are detected. */
export function listenForEdges(source: AudioNode): Edge[] {
  const edges: Edge[] = []
  const node = new AudioWorkletNode(source.context, 'edges')
  node.port.onmessage = ({ data }: MessageEvent<Edge>) => edges.push(data)
  source.connect(node)
  return edges
}
