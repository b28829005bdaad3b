/** How much this peer may move now, on each flow: the one place that uploads, downloads and the origin's client ask. */
import { decideLimits, type Limit, type LimitSettings } from './decide.ts'
import { FLOWS, type Flow, type Rates } from './flows.ts'
import { createMeter, type Meter } from './meter.ts'

export interface Traffic extends Disposable {
  /**
   * Resolves when some of so many bytes may be sent to a neighbour of this site, or to another, with how many; with 0 when
   * nothing may be. Never rejects.
   */
  allowUpload(isLocal: boolean, bytes: number, signal: AbortSignal): Promise<number>
  /** What may be taken from neighbours of this site, and from others. */
  download(isLocal: boolean): Meter
  /** What may be taken from the origin, which counts as a download from elsewhere, too. */
  readonly origin: Pick<Meter, 'take' | 'rate'>
  /** From now on these hold, whatever configuration and windows say. */
  override(rates: Rates): void
  clear(): void
  limits(): Record<Flow, Limit>
}

/** How soon a window that opens or closes is noticed. */
const LOOK_MS = 1_000

export function startTraffic(settings: LimitSettings, clock: () => number = Date.now): Traffic {
  const meters = Object.fromEntries(FLOWS.map((flow) => [flow, createMeter()])) as Record<Flow, Meter>
  let overrides: Rates = {}
  let limits = decideLimits(settings, overrides, clock())

  function apply(): void {
    limits = decideLimits(settings, overrides, clock())
    for (const flow of FLOWS) meters[flow].rate = limits[flow].rate
  }

  apply()
  const looking = settings.windows.length === 0 ? undefined : setInterval(apply, LOOK_MS)
  return {
    async allowUpload(isLocal, bytes, signal) {
      const meter = isLocal ? meters.uploadLan : meters.uploadWan
      const piece = Math.min(bytes, meter.grainBytes)
      return (await meter.take(piece, signal)) ? piece : 0
    },
    download: (isLocal) => (isLocal ? meters.downloadLan : meters.downloadWan),
    origin: {
      get rate() {
        return Math.min(meters.origin.rate, meters.downloadWan.rate)
      },
      take: async (bytes, signal) =>
        (await meters.origin.take(bytes, signal)) && (await meters.downloadWan.take(bytes, signal)),
    },
    override(rates) {
      overrides = { ...overrides, ...rates }
      apply()
    },
    clear() {
      overrides = {}
      apply()
    },
    limits: () => limits,
    [Symbol.dispose]: () => clearInterval(looking),
  }
}
