/** What the metrics of the programs have in common. Apart from the rest, because the client library is loaded only where metrics are served. */
import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client'

export interface Reading {
  /** In base units; of a counter with `_total`. */
  name: string
  help: string
  /** A counter is read where it is counted already. */
  kind?: 'gauge' | 'counter'
  label?: string
  /** By value of the label where there is one; undefined while there is nothing to tell. */
  read: () => Read | Promise<Read>
}

type Read = number | Readonly<Record<string, number>> | undefined

/** Gauges of the client library that are named as counters are. */
const MISNAMED = ['nodejs_active_resources_total', 'nodejs_active_handles_total', 'nodejs_active_requests_total']

/** Tells of the process already. */
export function createRegistry(): Registry {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  for (const name of MISNAMED) registry.removeSingleMetric(name)
  return registry
}

/** A metric that is read when somebody looks. */
export function addReading(registry: Registry, { name, help, kind = 'gauge', label, read }: Reading): void {
  const settings = { name, help, registers: [registry], labelNames: label === undefined ? [] : [label] }
  const collect = async (): Promise<void> => {
    const value = await read()
    metric.reset()
    // A reset sets what has no label to 0, which is not the same as nothing.
    if (label === undefined) metric.remove()
    if (typeof value === 'number') metric.inc(value)
    else for (const [each, count] of Object.entries(value ?? {})) metric.inc({ [label ?? '']: each }, count)
  }
  const metric: Counter | Gauge =
    kind === 'counter' ? new Counter({ ...settings, collect }) : new Gauge({ ...settings, collect })
}
