/** Addresses of pages. */
export function addressOf(path: string, query: Readonly<Record<string, string | number | undefined>> = {}): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== '')
  const text = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString()
  return text === '' ? path : `${path}?${text}`
}

export function rolloutAddress(id: string): string {
  return `/rollouts/${encodeURIComponent(id)}`
}

export function deviceAddress(id: string): string {
  return `/devices/${encodeURIComponent(id)}`
}

export function releaseAddress({
  product,
  channel,
  version,
}: {
  product: string
  channel: string
  version: string
}): string {
  return `/releases/${[product, channel, version].map(encodeURIComponent).join('/')}`
}

/** The parts of a path, or undefined when it is not of that form: `match('/rollouts/:', '/rollouts/x')` is `['x']`. */
export function match(form: string, path: string): string[] | undefined {
  const [wanted, given] = [form.split('/'), path.split('/')]
  if (wanted.length !== given.length) return undefined
  const parts: string[] = []
  for (const [at, part] of wanted.entries()) {
    const own = given[at] ?? ''
    if (part === ':') {
      if (own === '') return undefined
      parts.push(decode(own))
    } else if (part !== own) return undefined
  }
  return parts
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    // Not written by us; it will be found nowhere.
    return text
  }
}
