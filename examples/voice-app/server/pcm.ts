/** Mono samples with their rate. */
export interface Pcm {
  samples: Int16Array
  sampleRate: number
}

/** Reads a mono 16 bit WAV file. */
export function readWav(wav: ArrayBuffer): Pcm {
  const view = new DataView(wav)
  const sampleRate = view.getUint32(24, true)
  let at = 12
  while (at + 8 <= view.byteLength && tag(view, at) !== 'data') at += 8 + view.getUint32(at + 4, true)
  const bytes = Math.min(view.getUint32(at + 4, true), view.byteLength - at - 8)
  const samples = new Int16Array(Math.floor(bytes / 2))
  for (let i = 0; i < samples.length; i++) samples[i] = view.getInt16(at + 8 + 2 * i, true)
  return { samples, sampleRate }
}

/** Resamples by Catmull-Rom interpolation, which is enough for a synthetic voice with nothing above 11 kHz. */
export function resample({ samples, sampleRate }: Pcm, targetRate: number): Int16Array {
  const out = new Int16Array(Math.round((samples.length * targetRate) / sampleRate))
  const at = (i: number) => samples[Math.min(Math.max(i, 0), samples.length - 1)] ?? 0
  for (let n = 0; n < out.length; n++) {
    const position = (n * sampleRate) / targetRate
    const i = Math.floor(position)
    const t = position - i
    const [a, b, c, d] = [at(i - 1), at(i), at(i + 1), at(i + 2)]
    const value = b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)))
    out[n] = Math.min(32767, Math.max(-32768, Math.round(value)))
  }
  return out
}

/** Trims the silence at both ends, and normalises the peak to `peakDb` dBFS. */
export function trimAndNormalise(samples: Int16Array, peakDb = -3): Int16Array {
  const audible = 200
  let from = 0
  let to = samples.length
  while (from < to && Math.abs(samples[from] ?? 0) < audible) from++
  while (to > from && Math.abs(samples[to - 1] ?? 0) < audible) to--
  const voiced = samples.slice(from, to)
  let peak = 1
  for (const sample of voiced) peak = Math.max(peak, Math.abs(sample))
  const gain = (32767 * 10 ** (peakDb / 20)) / peak
  return voiced.map((sample) => Math.round(sample * gain))
}

function tag(view: DataView, at: number): string {
  return String.fromCharCode(
    view.getUint8(at),
    view.getUint8(at + 1),
    view.getUint8(at + 2),
    view.getUint8(at + 3),
  )
}
