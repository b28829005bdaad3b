/** What somebody typed into the fields of a form that is being sent. */
export function valuesOf(event: Event): Record<string, string> {
  const fields = [...new FormData(event.currentTarget as HTMLFormElement)]
  return Object.fromEntries(fields.map(([name, value]) => [name, typeof value === 'string' ? value.trim() : '']))
}
