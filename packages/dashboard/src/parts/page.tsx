import type { ErrorAnswer } from '@shoal/tracker/api'
import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import type { Resource } from '../api.ts'
import { place } from '../route.ts'
import { Icon } from './icon.tsx'

/** Heading and title of a page; whoever comes here, or to the next page of a list, starts at the heading. */
export function Page(props: { title: string; lead?: ComponentChildren; children: ComponentChildren }) {
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    document.title = `${props.title} · shoal`
  }, [props.title])
  const cursor = place.value.query.get('cursor')
  useEffect(() => heading.current?.focus({ preventScroll: true }), [cursor])
  return (
    <>
      <header class="page-head">
        <h1 ref={heading} tabIndex={-1}>
          {props.title}
        </h1>
        {props.lead !== undefined && <div class="lead">{props.lead}</div>}
      </header>
      {props.children}
    </>
  )
}

/** What is at hand: the answer, beside what went wrong when it was asked for again. */
export function Loaded<Answer>(props: { resource: Resource<Answer>; children: (answer: Answer) => ComponentChildren }) {
  const { data, error } = props.resource
  if (data === undefined) {
    return error === undefined ? <p class="muted">Loading…</p> : <Problem error={error} />
  }
  return (
    <>
      {error !== undefined && <Problem error={error} isOld />}
      {props.children(data)}
    </>
  )
}

export function Problem({ error, isOld = false }: { error: ErrorAnswer; isOld?: boolean }) {
  return (
    // Who can read on is not interrupted.
    <div class="problem" role={isOld ? 'status' : 'alert'}>
      <Icon name="alert" />
      <div>
        <strong>{error.message}</strong> <code>{error.code}</code>
        <p>
          {isOld && 'What is shown is older. '}
          {error.fix}
        </p>
      </div>
    </div>
  )
}

export function Section(props: { title: string; note?: ComponentChildren; children: ComponentChildren }) {
  return (
    <section>
      <div class="section-head">
        <h2>{props.title}</h2>
        {props.note !== undefined && <p class="muted">{props.note}</p>}
      </div>
      {props.children}
    </section>
  )
}

export function Facts({ rows }: { rows: readonly (readonly [name: string, value: ComponentChildren])[] }) {
  return (
    <dl class="facts">
      {rows.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}
