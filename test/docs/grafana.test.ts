import { readFile } from 'node:fs/promises'
import { describedIn } from '@shoal/cli/fixture/exposition'
import { expect, it } from 'vitest'

interface Panel {
  type: string
  title: string
  datasource?: { uid: string }
  targets?: { expr: string; legendFormat: string; datasource: { uid: string } }[]
}

const docs = (name: string): Promise<string> => readFile(new URL(`../../docs/${name}`, import.meta.url), 'utf8')
const described = new Map(describedIn(await docs('metrics.md'), 'shoal_').map((metric) => [metric.name, metric]))
const dashboard = JSON.parse(await docs('grafana/shoal.json')) as {
  templating: { list: { name: string; type: string }[] }
  panels: Panel[]
}
const panels = dashboard.panels.filter(({ type }) => type !== 'row')
const expressions = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr))

it('asks the data source that was chosen, and no other', () => {
  expect(dashboard.templating.list).toMatchObject([{ name: 'datasource', type: 'datasource' }])
  const asked = panels.flatMap(({ datasource, targets = [] }) => [
    datasource,
    ...targets.map((each) => each.datasource),
  ])
  expect(new Set(asked.map((each) => each?.uid))).toEqual(new Set(['${datasource}']))
})

it('names no metric, and no label of it, that is not described', () => {
  for (const { targets = [], title } of panels) {
    expect(targets, title).not.toHaveLength(0)
    for (const { expr, legendFormat } of targets) {
      const names = metricsIn(expr)
      expect(names, expr).not.toHaveLength(0)
      for (const name of names) expect([...described.keys()], expr).toContain(name)
      const labels = new Set(names.flatMap((name) => described.get(name)?.labels ?? []))
      for (const label of labelsIn(expr)) expect([...labels, 'le'], expr).toContain(label)
      for (const label of legendFormat.matchAll(/\{\{(\w+)\}\}/g)) {
        const made = /count_values\("(\w+)"/.exec(expr)?.[1]
        expect([...labels, made], title).toContain(label[1])
      }
    }
  }
})

it('shows every metric that is described', () => {
  const shown = new Set(expressions.flatMap(metricsIn))
  expect([...described.keys()].filter((name) => !shown.has(name))).toEqual([])
})

/** A histogram is asked for by its buckets. */
function metricsIn(expr: string): string[] {
  return [...expr.matchAll(/\bshoal_\w+/g)].map(([name]) => name.replace(/_seconds_(bucket|count|sum)$/, '_seconds'))
}

function labelsIn(expr: string): string[] {
  const matched = [...expr.matchAll(/\{([^}]*)\}/g)].flatMap(([, inner = '']) => inner.split(/,(?=\w)/))
  const grouped = [...expr.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, inner = '']) => inner.split(/,\s*/))
  return [...matched.map((each) => each.split(/[=!]/, 1)[0] ?? ''), ...grouped]
}
