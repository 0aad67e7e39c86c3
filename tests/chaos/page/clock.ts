/** Replaces the page's clock before any other module runs. The query contains its offset in milliseconds. */
const RealDate = Date
let offset = Number(new URLSearchParams(location.search).get('clock') ?? 0)

const now = () => RealDate.now() + offset

class OffsetDate extends RealDate {
  constructor(...args: [] | [number | string]) {
    if (args.length === 0) super(now())
    else super(...args)
  }

  static override now = now
}

globalThis.Date = OffsetDate as DateConstructor

export function setClock(ms: number): void {
  offset = ms
}
