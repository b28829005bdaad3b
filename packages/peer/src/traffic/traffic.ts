/** How much this peer may move now, on each flow: the one place that uploads, downloads and the origin's client ask. */
import { LIMITS } from '../limits.ts'
import { createBackground, type Background, type BackgroundStatus } from './background.ts'
import { grainBytes } from './bucket.ts'
import { decideLimits, type Limit, type LimitSettings } from './decide.ts'
import { FLOWS, type Flow, type Rates } from './flows.ts'
import { createMeter, type Meter } from './meter.ts'

export interface TrafficSettings extends LimitSettings {
  /** Whether what goes between sites yields to everything else on the way. */
  background?: boolean
}

export interface Traffic extends Disposable {
  /**
   * Resolves when some of so many bytes may be sent to a neighbour of this site, or to another, with how many; with 0 when
   * nothing may be. Neighbours take turns. Never rejects.
   */
  allowUpload(isLocal: boolean, to: string, bytes: number, signal: AbortSignal): Promise<number>
  /** What may be taken from neighbours of this site, and from others. */
  download(isLocal: boolean): Meter
  /** What may be taken from the origin, which counts as a download from elsewhere, too. */
  readonly origin: Pick<Meter, 'take' | 'rate'> & {
    /** How much to ask for at once: a request is dearer than a few milliseconds of unevenness, but in the background. */
    readonly atOnceBytes: number
  }
  /** From now on these hold, whatever configuration and windows say. */
  override(rates: Rates, background?: boolean): void
  clear(): void
  limits(): Record<Flow, Limit>
  /** Absent unless what goes between sites yields to everything else. */
  readonly background: Pick<Background, 'recordRoundTrip' | 'isMoving' | 'status'> | undefined
}

/** So much time of a ration one request to the origin covers. */
const AT_ONCE_S = 0.15
/** How soon a window that opens or closes is noticed. */
const LOOK_MS = 1_000

export function startTraffic(settings: TrafficSettings, clock: () => number = Date.now): Traffic {
  const meters = Object.fromEntries(FLOWS.map((flow) => [flow, createMeter()])) as Record<Flow, Meter>
  let overrides: Rates = {}
  let isBackground = settings.background === true
  let background: Background | undefined
  let limits = decideLimits(settings, overrides, clock())

  function apply(): void {
    limits = decideLimits(settings, overrides, clock())
    background = isBackground ? (background ?? createBackground(() => performance.now())) : undefined
    const yielding = background?.status()
    for (const flow of FLOWS) meters[flow].rate = Math.min(limits[flow].rate, rateOf(yielding, flow))
    meters.uploadWan.isEven = meters.downloadWan.isEven = background !== undefined
  }

  function yieldToOthers(): void {
    if (background === undefined) return
    const { uploadWan, downloadWan } = meters
    background.decide({ uploadWan: uploadWan.takeCount(), downloadWan: downloadWan.takeCount() })
    apply()
  }

  apply()
  const looking = settings.windows.length === 0 ? undefined : setInterval(apply, LOOK_MS)
  const yielding = setInterval(yieldToOthers, LIMITS.background.decideMs)
  return {
    async allowUpload(isLocal, to, bytes, signal) {
      const meter = isLocal ? meters.uploadLan : meters.uploadWan
      const piece = Math.min(bytes, meter.grainBytes)
      return (await meter.take(piece, signal, to)) ? piece : 0
    },
    download: (isLocal) => (isLocal ? meters.downloadLan : meters.downloadWan),
    origin: {
      get rate() {
        return Math.min(meters.origin.rate, meters.downloadWan.rate)
      },
      get atOnceBytes() {
        return background === undefined ? this.rate * AT_ONCE_S : grainBytes(this.rate)
      },
      take: async (bytes, signal) =>
        (await meters.origin.take(bytes, signal)) && (await meters.downloadWan.take(bytes, signal)),
    },
    override(rates, inBackground) {
      overrides = { ...overrides, ...rates }
      isBackground = inBackground ?? isBackground
      apply()
    },
    clear() {
      overrides = {}
      isBackground = settings.background === true
      apply()
    },
    limits: () => limits,
    get background() {
      return background
    },
    [Symbol.dispose]() {
      clearInterval(looking)
      clearInterval(yielding)
    },
  }
}

/** What stays inside the site yields to nobody. */
function rateOf(background: BackgroundStatus | undefined, flow: Flow): number {
  return background !== undefined && (flow === 'uploadWan' || flow === 'downloadWan') ? background[flow] : Infinity
}
