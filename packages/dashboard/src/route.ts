/** Where in the dashboard somebody is: the address bar, and nothing else, so that every view can be sent to a colleague. */
import { signal } from '@preact/signals'

export interface Place {
  path: string
  query: URLSearchParams
}

export const place = signal<Place>(readPlace())

addEventListener('popstate', () => (place.value = readPlace()))

export function goTo(address: string, how: 'push' | 'replace' = 'push'): void {
  if (how === 'push') history.pushState(null, '', address)
  else history.replaceState(null, '', address)
  place.value = readPlace()
}

/** Links stay links (new tab, copy address); a plain click inside the dashboard loads nothing anew. */
export function followLinks(event: MouseEvent): void {
  const link = event.target instanceof Element ? event.target.closest('a') : null
  const isPlain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey
  if (link === null || !isPlain || event.defaultPrevented) return
  if (link.origin !== location.origin || link.target !== '' || link.hasAttribute('download') || link.hash !== '') return
  event.preventDefault()
  goTo(link.pathname + link.search)
  scrollTo(0, 0)
}

function readPlace(): Place {
  return { path: location.pathname, query: new URLSearchParams(location.search) }
}
