/** Which limit holds for each flow at a time: what a person said to the running daemon, else a window that is open, else the configuration. */
import { localTime } from '@shoal/release'
import { FLOWS, type Flow, type Rates } from './flows.ts'
import { isOpen, type Window } from './window.ts'

export interface LimitSettings {
  rates: Rates
  /** Of those that are open at a time, the last that names a flow counts. */
  windows: readonly Window[]
}

export interface Limit {
  /** Bytes a second; Infinity without a limit. */
  rate: number
  from: 'limit' | 'window' | 'config' | 'default'
  /** The window. */
  window?: string
}

export function decideLimits({ rates, windows }: LimitSettings, overrides: Rates, atMs: number): Record<Flow, Limit> {
  const open = windows.filter((window) => isOpen(window, localTime(window.zone, atMs)))
  const limits = FLOWS.map((flow): [Flow, Limit] => {
    const said = overrides[flow]
    if (said !== undefined) return [flow, { rate: said, from: 'limit' }]
    const window = open.findLast((each) => each.rates[flow] !== undefined)
    if (window !== undefined)
      return [flow, { rate: window.rates[flow] ?? Infinity, from: 'window', window: window.text }]
    const configured = rates[flow]
    return [flow, configured === undefined ? { rate: Infinity, from: 'default' } : { rate: configured, from: 'config' }]
  })
  return Object.fromEntries(limits) as Record<Flow, Limit>
}
