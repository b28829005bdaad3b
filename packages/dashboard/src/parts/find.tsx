import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { addressOf } from '../address.ts'
import { valuesOf } from '../form.ts'
import { goTo, place } from '../route.ts'

/**
 * What a list is looked for by: each field is one of the address, and shows what is there. It stays while the list changes, and with it
 * the focus.
 * @param keep what the address says besides, and is to say on
 */
export function Find(props: { label: string; keep?: readonly string[]; children: ComponentChildren }) {
  const form = useRef<HTMLFormElement>(null)
  const { path, query } = place.value
  useEffect(() => {
    for (const field of form.current?.querySelectorAll<HTMLInputElement | HTMLSelectElement>('[name]') ?? []) {
      field.value = query.get(field.name) ?? ''
    }
  }, [query])
  function apply(event: Event): void {
    event.preventDefault()
    const kept = Object.fromEntries((props.keep ?? []).map((name) => [name, query.get(name) ?? '']))
    goTo(addressOf(path, { ...kept, ...valuesOf(event) }))
  }
  return (
    <form ref={form} class="filters" role="search" aria-label={props.label} onSubmit={apply}>
      {props.children}
      <button type="submit" class="primary">
        Find
      </button>
    </form>
  )
}
